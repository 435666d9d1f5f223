import { type BlockResult, type BlockShape, inNamespaces, lacking } from './block-job.ts';
import type { DeviceFault } from './device-qmp.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { tally } from './tally.ts';

/** A real ext4 on a disk that fails once, at one sync of the product after the other. */
export interface DeviceJob {
  readonly shape: BlockShape;
  readonly fault: DeviceFault;
  readonly every: number;
  readonly offset: number;
}

const LAYOUTS = ['one', 'two'] as const;

export const DEVICE_METHODS: readonly CrashMethod[] = [
  deviceMethod('disk error: flush', 'T41', 'flush'),
  deviceMethod('disk error: write', 'T42', 'write'),
];

function deviceMethod(name: string, row: string, fault: DeviceFault): CrashMethod {
  return {
    name,
    rows: [row],
    least: { quick: 6, full: 100 },
    missing: () => lacking(['ext4']),
    run: (effort) => runJobs(jobsOf(fault, effort)),
  };
}

function jobsOf(fault: DeviceFault, effort: Effort): readonly DeviceJob[] {
  return LAYOUTS.map((layout, offset) => ({
    shape: { fileSystem: 'ext4', layout, mountOptions: [] },
    fault,
    every: effort === 'full' ? 1 : 20,
    offset,
  }));
}

async function runJobs(jobs: readonly DeviceJob[]): Promise<MethodResult> {
  const found = tally();
  await Promise.all(
    jobs.map(async (job) => {
      const { images, violations } = await inNamespaces<BlockResult>('./device-worker.ts', job);
      found.add({ points: images, violations: violations.map((one) => `${job.fault} ${job.shape.layout}: ${one}`) });
    }),
  );
  return found.result();
}
