import { type AbsPath, parentPath } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { FileStat, HostReader } from '../../model/host.ts';
import type { StepInput } from '../../model/transaction.ts';
import type { Work } from '../resource-type.ts';
import { textOf } from '../common/accounts.ts';
import { plannedByPath, settingsByFile } from './planned.ts';
import { type DropIn, dropInText, type WantedSettings } from './socket-unit.ts';

const DAEMON_RELOAD = { tool: 'systemctl', args: ['daemon-reload'] } as const;
/** Reads unit files only: neither docker.socket nor docker is restarted, and the socket stays as it is. */
const RELOAD: StepInput = {
  kind: 'command',
  what: 'systemd reads its unit files again',
  run: DAEMON_RELOAD,
  undo: DAEMON_RELOAD,
  timeoutMs: 30_000,
};

/**
 * First what makes the access last, then the access itself; folders before what is in them. Several changes of one path become one
 * step, several settings of one drop-in one file.
 */
export function workOfAccess(changes: readonly Change[], facts: HostFacts, host: HostReader): Promise<Work> {
  const durable = settingsByFile(changes).flatMap(({ file, settings }) => dropInSteps(file, settings, host));
  const access = plannedByPath(changes).flatMap(({ path, after }) => {
    const stat = statOf(path, host);
    // Less than planned may be there by now; it stays.
    const mode = after.mode === undefined ? stat.mode : stat.mode & after.mode;
    return accessStep(path, stat, { mode, uid: after.uid ?? stat.uid, gid: after.gid ?? stat.gid });
  });
  return Promise.resolve({ steps: [...durableSteps(durable, changes, facts), ...access], undoPhases: [] });
}

/** systemd learns of a changed drop-in by reading its units again; an undo puts files back before it runs this once more. */
export function durableSteps(
  steps: readonly StepInput[],
  changes: readonly Change[],
  facts: HostFacts,
): readonly StepInput[] {
  const concerned = changes.some(({ target }) => target.type === 'file-access' && target.durable !== undefined);
  return concerned && facts.serviceManager.type === 'systemd' ? [...steps, RELOAD] : steps;
}

/** Empty where the access is that already. */
export function accessStep(
  path: AbsPath,
  stat: FileStat,
  access: { readonly mode: number; readonly uid: number; readonly gid: number },
): readonly StepInput[] {
  const { mode, uid, gid, type } = stat;
  const isThere = mode === access.mode && uid === access.uid && gid === access.gid;
  return isThere ? [] : [{ kind: 'set-access', path, fileType: type, expected: { mode, uid, gid }, access }];
}

/** @throws HardenError where the path is gone since the plan was checked; nothing was written then. */
function statOf(path: AbsPath, host: HostReader): FileStat {
  const stat = host.stat(path);
  if (stat.status !== 'present') {
    const [what, details] =
      stat.status === 'absent' ? ['is not there any more', []] : ['cannot be read', [stat.reason]];
    throw new HardenError({
      code: 'H2201',
      exit: EXIT.planNotApplicable,
      message: `${path} ${what}. Nothing was changed`,
      details,
      position: { file: path },
      hint: 'Plan again: harden plan',
    });
  }
  return stat.value;
}

function dropInSteps(file: AbsPath, settings: WantedSettings, host: HostReader): readonly StepInput[] {
  const { text, folder, folderExists } = dropInAt(file, host);
  const wanted = dropInText(text, settings);
  if (wanted === text) {
    return [];
  }
  const own = { mode: 0o644, uid: 0, gid: 0 };
  const makeFolder: readonly StepInput[] = folderExists
    ? []
    : [{ kind: 'make-directory', path: folder, access: { mode: 0o755, uid: 0, gid: 0 } }];
  return [
    ...makeFolder,
    {
      kind: 'write-file',
      path: file,
      expected: text === undefined ? null : digestOfBytes(text),
      content: new TextEncoder().encode(wanted),
      access: text === undefined ? own : undefined,
    },
  ];
}

/** @throws HardenError where it cannot be read; nothing was written then. */
export function dropInAt(file: AbsPath, host: HostReader): DropIn {
  const text = textOf(host, file);
  if (text.status === 'unreadable') {
    throw new HardenError({
      code: 'H2202',
      exit: EXIT.planNotApplicable,
      message: `${file} cannot be read. Nothing was changed`,
      details: [text.reason],
      position: { file },
      hint: 'Move it away and run harden again.',
    });
  }
  const folder = parentPath(file);
  return {
    file,
    text: text.status === 'present' ? text.value : undefined,
    folder,
    folderExists: host.stat(folder).status === 'present',
  };
}
