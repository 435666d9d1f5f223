import { printable, printableJson } from '../../render/printable.ts';
import type { Argv, CommandModule } from 'yargs';
import {
  type SnapshotEntry,
  chosenSnapshot,
  planOfSnapshot,
  snapshotEntries,
  unreadablePlans,
} from '../../app/snapshots.ts';
import { redactFileText } from '../../host/redact-recording.ts';
import type { SnapshotAnswer, SnapshotVerificationAnswer, SnapshotsAnswer } from '../../model/answers/snapshots.ts';
import { EXIT } from '../../model/errors.ts';
import type { Known } from '../../model/state.ts';
import type { FileImage, SnapshotFiles, Trouble } from '../../model/transaction.ts';
import type { SnapshotFileText, SnapshotLine } from '../../render/snapshot-text.ts';
import { readableSnapshots } from '../store-place.ts';
import type { Finish } from '../finish.ts';
import { formatOptions, stateOptions } from '../options.ts';
import { print } from '../output.ts';
import { noSnapshots } from '../stored-snapshots.ts';
import { readTerminal } from '../terminal.ts';
import { exportCommand } from './snapshot-export.ts';
import { pruneCommand } from './snapshot-prune.ts';
import type { Manifest, ObjectState } from '../../state/manifest.ts';

interface SnapshotArguments {
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly 'state-dir': string | undefined;
}
type OneSnapshot = SnapshotArguments & { readonly id: string | undefined };

export function snapshotCommand(finish: Finish) {
  return {
    command: 'snapshot',
    describe: 'what was kept to take an apply back: list | show | verify | export | prune',
    builder: (argv: Argv) =>
      argv
        .command(listCommand(finish))
        .command(showCommand(finish))
        .command(verifyCommand(finish))
        .command(exportCommand(finish))
        .command(pruneCommand(finish))
        .demandCommand(1, 'name one: list, show, verify, export, prune'),
    handler: () => undefined,
  } satisfies CommandModule;
}

function common<T>(argv: Argv<T>) {
  return stateOptions(formatOptions(argv)).option('root', {
    type: 'string',
    requiresArg: true,
    describe: 'a folder taken as / (an image, a chroot)',
  });
}

function listCommand(finish: Finish) {
  return {
    command: 'list',
    describe: 'all snapshots, newest first',
    builder: (argv) => common(argv),
    handler: async (args) => {
      const { snapshotListText } = await import('../../render/snapshot-text.ts');
      const { entries, damaged } = readableSnapshots(args, (snapshots) => {
        const list = snapshots?.list() ?? { snapshots: [], damaged: [] };
        return {
          entries: snapshotEntries(list.snapshots),
          damaged: [...list.damaged, ...unreadablePlans(list.snapshots)],
        };
      });
      const text = snapshotListText(entries.map(lineOf), readTerminal(false).out);
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:snapshots:1',
              schemaMinor: 0,
              snapshots: entries.map(lineOf),
              damaged,
            } satisfies SnapshotsAnswer)
          : text + damaged.map(({ what, reason }) => `! ${what}: ${reason}\n`).join(''),
      );
      finish(damaged.length === 0 ? EXIT.ok : EXIT.needsAttention);
    },
  } satisfies CommandModule<object, SnapshotArguments>;
}

function showCommand(finish: Finish) {
  return {
    command: 'show [id]',
    describe: 'the changes and the file differences of one snapshot (default: the one rollback would take)',
    builder: (argv) => common(argv).positional('id', { type: 'string', describe: 'id, or its beginning' }),
    handler: async (args) => {
      const { snapshotShowText } = await import('../../render/snapshot-text.ts');
      const shown = readableSnapshots(args, (snapshots) => {
        const all = snapshots ?? noSnapshots();
        const id = chosenSnapshot(all, args.id);
        const { manifest, files } = all.read(id);
        planOfSnapshot({ id, about: manifest.about });
        const entry = snapshotEntries(all.list().snapshots).find((candidate) => candidate.id === id);
        return {
          entry: entry ?? noSnapshots(),
          files: manifest.objects.map((object) => fileText(files, manifest, object)),
        };
      });
      const titles = shown.entry.plan.changes.map((change) => change.title);
      const line = lineOf(shown.entry);
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:snapshot:1',
              schemaMinor: 0,
              ...line,
              changes: titles,
              files: shown.files,
            } satisfies SnapshotAnswer)
          : snapshotShowText(line, titles, shown.files, readTerminal(false).out),
      );
      finish(EXIT.ok);
    },
  } satisfies CommandModule<object, OneSnapshot>;
}

function verifyCommand(finish: Finish) {
  return {
    command: 'verify [id]',
    describe: 'read every byte of one snapshot, or of all, and compare with its digests',
    builder: (argv) =>
      common(argv).positional('id', { type: 'string', describe: 'id, or its beginning, or the file of an export' }),
    handler: async (args) => {
      const results = await verified(args);
      const text = results
        .map(({ id, troubles }) =>
          troubles.length === 0
            ? `${id}  whole\n`
            : troubles.map(({ what, reason }) => `${printable(`${id}  ! ${what}: ${reason}`)}\n`).join(''),
        )
        .join('');
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:snapshot-verification:1',
              schemaMinor: 0,
              snapshots: results,
            } satisfies SnapshotVerificationAnswer)
          : results.length === 0
            ? 'No snapshot yet: nothing was applied on this host.\n'
            : text,
      );
      finish(results.every(({ troubles }) => troubles.length === 0) ? EXIT.ok : EXIT.notAsItShouldBe);
    },
  } satisfies CommandModule<object, OneSnapshot>;
}

interface Verified {
  readonly id: string;
  readonly troubles: readonly Trouble[];
}

async function verified(args: OneSnapshot): Promise<readonly Verified[]> {
  // Ids are hex digits; a file of such a name has a folder: ./abcd
  if (args.id !== undefined && !/^[0-9a-f]+$/.test(args.id)) {
    const { verifyExport } = await import('../exported-file.ts');
    return [verifyExport(args.id)];
  }
  return readableSnapshots(args, (snapshots) => {
    if (snapshots === undefined) {
      return args.id === undefined ? [] : noSnapshots();
    }
    const { snapshots: whole, damaged } = snapshots.list();
    return args.id === undefined
      ? [
          ...whole.map(({ id }) => ({ id, troubles: snapshots.verify(id) })),
          ...damaged.map((trouble) => ({ id: trouble.what, troubles: [trouble] })),
        ]
      : [chosenSnapshot(snapshots, args.id)].map((id) => ({ id, troubles: snapshots.verify(id) }));
  });
}

function lineOf({ id, createdAt, purpose, plan, takenBack }: SnapshotEntry): SnapshotLine {
  const { profile } = plan.content;
  const takenBackBy = takenBack?.how === 'whole' ? takenBack.by : undefined;
  const attempt = takenBack === undefined || takenBack.how === 'whole' ? undefined : takenBack;
  const left = takenBack?.how === 'whole' && takenBack.left > 0 ? { left: takenBack.left } : {};
  return { id, createdAt, purpose, profile, changes: plan.changes.length, takenBackBy, attempt, ...left };
}

function fileText(
  files: SnapshotFiles,
  manifest: Manifest,
  { path, before }: Manifest['objects'][number],
): SnapshotFileText {
  const last = manifest.steps.findLast((step) => 'path' in step && step.path === path);
  const after = last !== undefined && 'path' in last ? last.after : before;
  return {
    path,
    before: textOf(files, files.before(path)),
    after: textOf(files, files.after(path)),
    access: `${accessText(before)} -> ${accessText(after)}`,
  };
}

function textOf(files: SnapshotFiles, image: Known<FileImage> | undefined): string | null {
  if (image?.status !== 'present') {
    return null;
  }
  try {
    return redactFileText(new TextDecoder().decode(files.bytes(image.value.sha256)), () => undefined);
  } catch {
    return null;
  }
}

function accessText(state: ObjectState): string {
  if (state.kind === 'absent') {
    return 'not there';
  }
  const { mode, uid, gid } = state.access;
  return `mode ${mode.toString(8).padStart(4, '0')}, uid ${uid}, gid ${gid}`;
}

function isJson(args: Pick<SnapshotArguments, 'format' | 'json'>): boolean {
  return args.json || args.format === 'json';
}

function json(value: unknown): string {
  return printableJson(value);
}
