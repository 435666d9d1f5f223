import { showInPager } from '../host/pager.ts';
import { print } from './output.ts';
import { mayPage } from './terminal.ts';

/** Prints `text`, through a pager where somebody looks at a screen that is shorter than it. */
export async function printLong(text: string): Promise<void> {
  const words = pagerWords();
  const isLong = text.split('\n').length > process.stdout.rows;
  if (!isLong || words === undefined || !mayPage() || !(await showInPager(words, text))) {
    await print(text);
  }
}

/** What PAGER says, else less; undefined where it says that nothing is wanted. */
function pagerWords(): readonly string[] | undefined {
  const wish = process.env['PAGER'];
  if (wish === undefined) {
    return ['less', '-FIRX'];
  }
  const words = wish.split(' ').filter((word) => word !== '');
  return words.length === 0 || words[0] === 'cat' ? undefined : words;
}
