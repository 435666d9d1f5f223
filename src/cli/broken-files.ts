import type { Plan } from '../model/plan.ts';
import { errorText } from '../render/error-text.ts';
import { tell } from './output.ts';
import { commandPlace } from './place.ts';
import { readTerminal } from './terminal.ts';

/** Beside a result, on standard error: where a configuration file of the host is broken, and how to go on. */
export async function tellBrokenFiles(plan: Plan): Promise<void> {
  if (plan.summary.errors === 0) {
    return;
  }
  const { brokenFiles } = await import('../app/broken-files.ts');
  const broken = brokenFiles(plan);
  if (broken?.position !== undefined) {
    tell(errorText(broken, readTerminal(false).err, commandPlace()));
  }
}
