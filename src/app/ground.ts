import type { Catalogue } from '../catalogue/load.ts';
import type { HostReader } from '../model/host.ts';
import type { Plan } from '../model/plan.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** What every use case stands on: the host, the content, and who asks when. Clock and ids come in, so that runs repeat in tests. */
export interface Ground {
  readonly host: HostReader;
  readonly catalogue: Catalogue;
  readonly types: readonly AnyResourceType[];
  readonly now: () => Date;
  /** What a plan says as its time instead of now; what is judged by time still goes by now. */
  readonly dated?: Date;
  readonly toolVersion: string;
  /** Of a built program: what it was built from. */
  readonly toolBuild?: `sha256:${string}` | undefined;
  /** The login behind sudo, else the user. */
  readonly operator: string;
  /** Where the host is a recording. */
  readonly recording: Plan['source']['recording'];
}
