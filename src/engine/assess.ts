import { type AbsPath, type ResourceAddress, isBelow, parentPath } from '../model/brand.ts';
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
  const willExist = new Map<AbsPath, ResourceAddress>();
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
        assessments: await assessControl(control, type, { facts, willExist: new Set(willExist.keys()) }, host),
      })),
    );
    for (const { control, assessments } of assessed) {
      results.get(control)?.push(...assessments.map((one) => needing(one, willExist, host)));
    }
    const planned = assessed.filter(({ control }) => selection.exempt?.has(control.remediation.control) !== true);
    for (const [path, by] of created(
      planned.flatMap((entry) => entry.assessments),
      host,
    )) {
      // The first one makes it; the others find it there.
      willExist.set(path, willExist.get(path) ?? by);
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

/** A rule for a place that is not there yet needs the change that makes it. */
function needing(
  assessment: Assessment,
  willExist: ReadonlyMap<AbsPath, ResourceAddress>,
  host: HostReader,
): Assessment {
  const { comparison } = assessment;
  if (!('change' in comparison) || comparison.change.target.type !== 'audit-rule') {
    return assessment;
  }
  const { change } = comparison;
  const { path } = comparison.change.target;
  const makers = [...willExist].filter(([made]) => made === path || isBelow(made, path)).map(([, by]) => by);
  const [maker] = makers;
  return maker === undefined || host.stat(path).status !== 'absent'
    ? assessment
    : { ...assessment, comparison: { ...comparison, change: { ...change, needs: [...change.needs, maker] } } };
}

/** Files, and the folder around each, that these changes will create, with the change that does. */
function created(
  assessments: readonly Assessment[],
  host: HostReader,
): readonly (readonly [AbsPath, ResourceAddress])[] {
  return assessments.flatMap(({ address, comparison }) => {
    if (
      !('change' in comparison) ||
      comparison.change.target.type !== 'daemon-option' ||
      comparison.change.op === 'activate'
    ) {
      return [];
    }
    const { file } = comparison.change.target;
    return [file, parentPath(file)]
      .filter((path) => host.stat(path).status === 'absent')
      .map((path) => [path, address] as const);
  });
}
