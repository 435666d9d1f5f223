import { type AbsPath, absPath, baseName, cleanPath, joinPath, parentPath } from '../../src/model/brand.ts';
import { byCodeUnit, type Json } from '../../src/model/canonical.ts';
import type {
  ApiOutcome,
  CommandOutcome,
  FileAttributes,
  FileStat,
  FileType,
  HostIdentity,
  HostKind,
  HostReader,
  Mount,
  ProcessInfo,
} from '../../src/model/host.ts';
import { absent, type Observed, present, unreadable } from '../../src/model/state.ts';

/** A text is a regular file (0644 root:root). Folders above an entry come by themselves (0755 root:root). */
export type FakeEntry =
  | string
  | { readonly link: string }
  | {
      readonly type: Exclude<FileType, 'symlink'>;
      readonly text?: string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
      readonly nlink?: number;
      /** Looking at it or below it is denied; `stat` of it is not. */
      readonly denied?: true;
    };

export interface FakeProcess {
  readonly name: string;
  readonly argv: readonly string[];
  readonly pid?: number;
  /** Default: the first word of argv where it is a path. */
  readonly exe?: string;
  readonly uid?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A host as plain values. What is left out is not there: no process, no tool, no engine. */
export interface FakeHost {
  readonly kind?: HostKind;
  readonly identity?: Partial<HostIdentity>;
  readonly files?: Readonly<Record<string, FakeEntry>>;
  readonly processes?: readonly FakeProcess[] | { readonly unreadable: string };
  readonly mounts?: readonly Mount[];
  readonly attributes?: Readonly<Record<string, FileAttributes>>;
  /** By `tool args…`; a text is stdout of a run that ended well. The key `systemctl show` answers whatever is shown. */
  readonly queries?: Readonly<Record<string, string | CommandOutcome>>;
  /** By socket, then by request path: a body answered with 200, or a whole outcome. A socket left out is absent, a path left out answers 404. */
  readonly engines?: Readonly<Record<string, Readonly<Record<string, Json | ApiOutcome>>>>;
}

/** A HostReader over such values, with what was asked of it. */
export interface FakeReader extends HostReader {
  readonly asked: { readonly queries: string[]; readonly requests: string[] };
}

const IDENTITY: HostIdentity = {
  hostname: 'fake',
  machineId: '0123456789abcdef0123456789abcdef',
  kernelRelease: '6.1.0',
  machine: 'x86_64',
  bootId: '00000000-0000-4000-8000-000000000000',
  uid: 0,
  capabilities: ['audit_control', 'dac_override', 'sys_admin'],
  inContainer: false,
};

export function fakeReader(host: FakeHost): FakeReader {
  const asked = { queries: [] as string[], requests: [] as string[] };
  return {
    kind: host.kind ?? 'live',
    asked,
    ...fakeFiles(host.files ?? {}),
    identity: () => ({ ...IDENTITY, ...host.identity }),
    attributes: (paths) =>
      Promise.resolve(new Map(paths.map((path) => [path, host.attributes?.[path] ?? { flags: null, hasAcl: null }]))),
    mounts: () => present(host.mounts ?? []),
    processes: (names, environment) => fakeProcesses(host.processes ?? [], names, environment),
    query: ({ tool, args }) => {
      const question = [tool, ...args].join(' ');
      asked.queries.push(question);
      return Promise.resolve(outcomeOf(host.queries?.[question] ?? host.queries?.[`${tool} ${args[0]}`]));
    },
    docker: (socket, path) => {
      asked.requests.push(`${socket} ${path}`);
      return Promise.resolve(answerOf(host.engines?.[socket], path));
    },
  };
}

function fakeFiles(
  files: Readonly<Record<string, FakeEntry>>,
): Pick<HostReader, 'stat' | 'read' | 'list' | 'realPath'> {
  const entries = new Map<string, FakeEntry>([['/', { type: 'directory' }]]);
  for (const [path, entry] of Object.entries(files)) {
    for (let at = parentPath(absPath(path)); at !== '/'; at = parentPath(at)) {
      if (!entries.has(at)) {
        entries.set(at, files[at] ?? { type: 'directory' });
      }
    }
    entries.set(path, entry);
  }
  const resolve = (path: AbsPath, hops = 0): Observed<AbsPath> => {
    if (path === '/') {
      return present(path);
    }
    const parent = resolve(parentPath(path), hops);
    if (parent.status !== 'present') {
      return parent;
    }
    if (isDenied(entries.get(parent.value))) {
      return unreadable(`${path}: permission denied`);
    }
    const here = joinPath(parent.value, baseName(path));
    const entry = entries.get(here);
    if (typeof entry === 'object' && 'link' in entry) {
      const target = entry.link.startsWith('/') ? cleanPath(entry.link) : normal(`${parent.value}/${entry.link}`);
      return target === undefined || hops > 20 ? unreadable(`${path}: too many links`) : resolve(target, hops + 1);
    }
    return entry === undefined ? absent : present(here);
  };
  const entryAt = (path: AbsPath): Observed<FakeEntry> => {
    const real = resolve(path);
    const entry = real.status === 'present' ? entries.get(real.value) : undefined;
    return real.status === 'present' ? (entry === undefined ? absent : present(entry)) : real;
  };
  return {
    realPath: (path) => resolve(path),
    stat: (path) => {
      const parent = resolve(parentPath(path));
      if (parent.status !== 'present') {
        return parent;
      }
      const entry = entries.get(path === '/' ? '/' : joinPath(parent.value, baseName(path)));
      return isDenied(entries.get(parent.value))
        ? unreadable(`${path}: permission denied`)
        : entry === undefined
          ? absent
          : present(statOf(entry));
    },
    read: (path, limit = 1024 * 1024) => {
      const entry = entryAt(path);
      if (entry.status !== 'present') {
        return entry;
      }
      const bytes = new TextEncoder().encode(textOf(entry.value) ?? '');
      if (isDenied(entry.value) || textOf(entry.value) === undefined) {
        return unreadable(`${path}: ${isDenied(entry.value) ? 'permission denied' : 'not a regular file'}`);
      }
      return bytes.length > limit ? unreadable(`${path}: more than ${limit} bytes`) : present(bytes);
    },
    list: (path) => {
      const real = resolve(path);
      if (real.status !== 'present') {
        return real;
      }
      if (isDenied(entries.get(real.value))) {
        return unreadable(`${path}: permission denied`);
      }
      const names = [...entries.keys()].filter((one) => one !== '/' && parentPath(absPath(one)) === real.value);
      return present(names.map((one) => baseName(absPath(one))).sort(byCodeUnit));
    },
  };
}

function fakeProcesses(
  all: NonNullable<FakeHost['processes']>,
  names: readonly string[],
  wanted: readonly string[],
): Observed<readonly ProcessInfo[]> {
  if ('unreadable' in all) {
    return unreadable(all.unreadable);
  }
  return present(
    all
      .filter((one) => names.includes(one.name))
      .map((one, at) => {
        const exe = cleanPath(one.exe ?? one.argv[0] ?? '');
        return {
          pid: one.pid ?? 1000 + at,
          name: one.name,
          exe: exe === undefined ? absent : present(exe),
          argv: one.argv,
          uid: one.uid ?? 0,
          startTicks: String(5000 + at),
          environment: Object.fromEntries(
            Object.entries(one.environment ?? {}).filter(([name]) => wanted.includes(name)),
          ),
        };
      }),
  );
}

function outcomeOf(answer: string | CommandOutcome | undefined): CommandOutcome {
  if (answer === undefined) {
    return { type: 'not-found' };
  }
  return typeof answer === 'string' ? { type: 'exited', code: 0, stdout: answer, stderr: '' } : answer;
}

function answerOf(engine: Readonly<Record<string, Json | ApiOutcome>> | undefined, path: string): ApiOutcome {
  if (engine === undefined) {
    return { type: 'unreachable', code: 'absent', reason: 'no such file' };
  }
  const answer = engine[path];
  if (answer === undefined) {
    return { type: 'answered', status: 404, body: { message: 'not found' } };
  }
  return isOutcome(answer) ? answer : { type: 'answered', status: 200, body: answer };
}

function isOutcome(answer: Json | ApiOutcome): answer is ApiOutcome {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'type' in answer &&
    (answer.type === 'answered' || answer.type === 'unreachable')
  );
}

function isDenied(entry: FakeEntry | undefined): boolean {
  return typeof entry === 'object' && 'denied' in entry;
}

function textOf(entry: FakeEntry): string | undefined {
  if (typeof entry === 'string') {
    return entry;
  }
  return 'type' in entry && entry.type === 'file' ? (entry.text ?? '') : undefined;
}

const USUAL_MODES = {
  file: 0o644,
  directory: 0o755,
  symlink: 0o777,
  socket: 0o660,
  fifo: 0o600,
  'character-device': 0o600,
  'block-device': 0o600,
} as const satisfies Record<FileType, number>;

function statOf(entry: FakeEntry): FileStat {
  const type = typeof entry === 'string' ? 'file' : 'link' in entry ? 'symlink' : entry.type;
  const { mode, uid, gid, nlink } = {
    ...{ mode: USUAL_MODES[type], uid: 0, gid: 0, nlink: 1 },
    ...(typeof entry === 'object' && 'type' in entry ? entry : {}),
  };
  const size = new TextEncoder().encode(textOf(entry) ?? '').length;
  return { type, mode, uid, gid, nlink, size, dev: '1', ino: '1', mtimeNs: '0', ctimeNs: '0' };
}

/** A path with `..` in it, as a link may have. */
function normal(path: string): AbsPath | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return cleanPath(`/${parts.join('/')}`);
}
