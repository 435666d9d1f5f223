import {
  type BlockJob,
  type BlockResult,
  type BlockRun,
  type BlockShape,
  type WrapperName,
  inNamespaces,
  lacking,
} from './block-job.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { tally } from './tally.ts';

/** A job; what is left out is 1 for `every` and 0 for the rest. */
export interface SetUp {
  readonly shape: BlockShape;
  readonly run: BlockRun;
  readonly every?: number;
  readonly seeds?: number;
  readonly kills?: number;
  readonly cutRecoveries?: number;
  readonly wrapper?: WrapperName;
  readonly enough?: number;
}

interface Recorded {
  readonly name: string;
  readonly rows: readonly string[];
  readonly fileSystems: readonly BlockShape['fileSystem'][];
  readonly least: Readonly<Record<Effort, number>>;
  readonly setUps: Readonly<Record<Effort, readonly SetUp[]>>;
}

/** Targets on one ext4, the state on another: where a forgotten sync of a folder shows. */
export const TWO_EXT4 = shape('ext4', 'two');
const ONE = shape('ext4', 'one');
/** Ways to end a run in which a cut must not leave anything between. */
const TAKEN_BACK = ['undo', 'rollback', 'confirm', 'timer'] as const;
const MOUNT_OPTIONS = [['data=writeback', 'noauto_da_alloc'], ['data=journal'], ['nodelalloc']];

/** Disks a power cut can leave, made from a record of every request to the disk while the product's store was at work. */
export const BLOCK_METHODS: readonly CrashMethod[] = [
  recorded({
    name: 'power cut: ext4',
    rows: ['T27', 'T28', 'T29'],
    fileSystems: ['ext4'],
    least: { quick: 30, full: 2_500 },
    setUps: {
      quick: [
        { shape: ONE, run: 'apply', every: 20 },
        { shape: TWO_EXT4, run: 'apply', every: 20, seeds: 1 },
      ],
      full: [ONE, TWO_EXT4].map((one) => ({ shape: one, run: 'apply', seeds: 5 })),
    },
  }),
  recorded({
    name: 'power cut: ext4 mount options',
    rows: ['T30'],
    fileSystems: ['ext4'],
    least: { quick: 8, full: 500 },
    setUps: {
      quick: [{ shape: shape('ext4', 'two', MOUNT_OPTIONS[0]), run: 'apply', every: 40 }],
      full: MOUNT_OPTIONS.map((options) => ({
        shape: shape('ext4', 'two', options),
        run: 'apply',
        every: 2,
        seeds: 1,
      })),
    },
  }),
  onFileSystem('XFS', 'xfs', 'T31'),
  onFileSystem('Btrfs', 'btrfs', 'T32'),
  recorded({
    name: 'power cut: recovery',
    rows: ['T33'],
    fileSystems: ['ext4'],
    least: { quick: 8, full: 500 },
    setUps: {
      quick: [{ shape: TWO_EXT4, run: 'killed', every: 20, kills: 2 }],
      full: [
        { shape: TWO_EXT4, run: 'killed', every: 6, seeds: 1, kills: 8 },
        { shape: TWO_EXT4, run: 'apply', every: 6, seeds: 1, cutRecoveries: 8 },
      ],
    },
  }),
  recorded({
    name: 'power cut: rollback',
    rows: ['T34'],
    fileSystems: ['ext4'],
    least: { quick: 20, full: 500 },
    setUps: {
      quick: TAKEN_BACK.map((run) => ({ shape: TWO_EXT4, run, every: 40 })),
      full: TAKEN_BACK.map((run) => ({ shape: TWO_EXT4, run, every: 2, seeds: 1 })),
    },
  }),
];

/** Carries jobs out, two at a time; each is given to two workers where that is worth a second recording. */
export async function runSetUps(setUps: readonly SetUp[]): Promise<MethodResult> {
  const left = setUps.flatMap((one) => split({ every: 1, offset: 0, seeds: 0, ...one })).reverse();
  const found = tally();
  const work = async (): Promise<void> => {
    for (let job = left.pop(); job !== undefined; job = left.pop()) {
      const { images, violations } = await inNamespaces<BlockResult>('./block-worker.ts', job);
      const { fileSystem, layout, mountOptions } = job.shape;
      const where = [job.run, fileSystem, layout, ...mountOptions].join(' ');
      found.add({ points: images, violations: violations.map((one) => `${where}: ${one}`) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found.result();
}

const AT_ONCE = 2;

function split(job: BlockJob): readonly BlockJob[] {
  const { every, cutRecoveries } = job;
  if (every > 10 || job.enough !== undefined) {
    return [job];
  }
  return Array.from({ length: AT_ONCE }, (_, index) => ({
    ...job,
    every: every * AT_ONCE,
    offset: every * index,
    ...(cutRecoveries === undefined ? {} : { cutRecoveries: Math.ceil(cutRecoveries / AT_ONCE) }),
  }));
}

function recorded({ setUps, fileSystems, ...about }: Recorded): CrashMethod {
  return { ...about, missing: () => lacking(fileSystems), run: (effort) => runSetUps(setUps[effort]) };
}

function onFileSystem(title: string, fileSystem: BlockShape['fileSystem'], row: string): CrashMethod {
  const [one, two] = [shape(fileSystem, 'one'), shape(fileSystem, 'two')];
  return recorded({
    name: `power cut: ${title}`,
    rows: [row],
    fileSystems: [fileSystem],
    least: { quick: 5, full: 150 },
    setUps: {
      quick: [{ shape: two, run: 'apply', every: 40 }],
      full: [
        { shape: one, run: 'apply', every: 4, seeds: 1 },
        { shape: two, run: 'apply', every: 2, seeds: 1 },
        { shape: two, run: 'undo', every: 4, seeds: 1 },
      ],
    },
  });
}

function shape(
  fileSystem: BlockShape['fileSystem'],
  layout: BlockShape['layout'],
  mountOptions: readonly string[] = [],
): BlockShape {
  return { fileSystem, layout, mountOptions };
}
