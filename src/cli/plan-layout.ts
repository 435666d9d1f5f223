import { fileDifferences } from '../app/file-differences.ts';
import type { Ground } from '../app/ground.ts';
import type { PlannedHost } from '../app/make-plan.ts';
import { shellWord } from '../model/command-place.ts';
import type { Style } from '../render/layout.ts';
import type { GroupBy } from '../render/plan-groups.ts';
import type { Layout } from '../render/plan-text.ts';
import { type PlannedArguments, planWords } from './plan-words.ts';

export interface LayoutArguments extends PlannedArguments {
  readonly 'group-by': GroupBy;
  readonly full: boolean;
  readonly 'show-pass': boolean;
}

export function layoutOf(args: LayoutArguments): Layout {
  const again = planWords(args).map(shellWord);
  return { groupBy: args['group-by'], full: args.full, showPass: args['show-pass'], again };
}

/** The layout with what every file looks like before and after, where all was asked for; the work is made, nothing is written. */
export async function layoutWith(
  args: LayoutArguments,
  ground: Ground,
  { plan, facts }: Pick<PlannedHost, 'plan' | 'facts'>,
  style: Style,
): Promise<Layout> {
  const layout = layoutOf(args);
  if (!layout.full || plan.changes.length === 0) {
    return layout;
  }
  const [{ fileDifferenceText }, { masked }] = await Promise.all([
    import('../render/file-difference-text.ts'),
    import('./masked.ts'),
  ]);
  const found = masked(await fileDifferences(ground, facts, plan.changes));
  return { ...layout, exact: fileDifferenceText(plan.changes, found, style, undefined) };
}
