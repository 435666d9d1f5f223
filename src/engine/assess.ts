import type { AbsPath } from '../model/brand.ts';
import { parentPath } from '../model/brand.ts';
import type { Assessment } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import type { Desired, SelectedControl, Selection } from '../model/remediation.ts';
import type { Finding } from '../plan/build.ts';
import type { AnyResourceType, AssessContext } from '../resources/resource-type.ts';

/** Types whose changes create files come first, so that the others know of them. */
const ASSESS_ORDER: readonly Desired['type'][] = ['daemon-option', 'report', 'file-access', 'audit-rule'];

/** Looks at every part of every selected control. Reads only. Findings are in the order of the selection. */
export async function assessSelection(
  selection: Selection,
  facts: HostFacts,
  host: HostReader,
  types: readonly AnyResourceType[],
): Promise<readonly Finding[]> {
  const results = new Map<SelectedControl, Assessment[]>(selection.selected.map((control) => [control, []]));
  const willExist = new Set<AbsPath>();
  for (const name of ASSESS_ORDER) {
    const type = types.find((candidate) => candidate.name === name);
    if (type === undefined) {
      continue;
    }
    const wanting = selection.selected.filter(({ remediation }) =>
      remediation.desired.some((desired) => desired.type === name),
    );
    const assessed = await Promise.all(
      wanting.map(async (control) => ({
        control,
        assessments: await assessControl(control, type, { facts, willExist }, host),
      })),
    );
    for (const { control, assessments } of assessed) {
      results.get(control)?.push(...assessments);
    }
    for (const path of created(
      assessed.flatMap((entry) => entry.assessments),
      host,
    )) {
      willExist.add(path);
    }
  }
  return selection.selected.map((control) => ({ control, assessments: results.get(control) ?? [] }));
}

async function assessControl(
  control: SelectedControl,
  type: AnyResourceType,
  known: Pick<AssessContext, 'facts' | 'willExist'>,
  host: HostReader,
): Promise<readonly Assessment[]> {
  const context: AssessContext = { ...known, parameters: control.parameters, manual: control.remediation.manual };
  const wanted = control.remediation.desired.filter((desired) => desired.type === type.name);
  const assessed = await Promise.all(wanted.map((desired) => type.assess(desired, context, host)));
  return assessed.flat();
}

/** Files, and the folder around each, that these changes will create. */
function created(assessments: readonly Assessment[], host: HostReader): readonly AbsPath[] {
  return assessments.flatMap(({ comparison }) => {
    if (
      !('change' in comparison) ||
      comparison.change.target.type !== 'daemon-option' ||
      comparison.change.op === 'activate'
    ) {
      return [];
    }
    const { file } = comparison.change.target;
    return [file, parentPath(file)].filter((path) => host.stat(path).status === 'absent');
  });
}
