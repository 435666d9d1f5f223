import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EXIT, type ExitCode } from '../../src/model/errors.ts';
import { HARDEN, harden, type ProgramOptions, type ProgramResult, run } from '../helpers/program.ts';
import { atTerminal, ENTER } from '../helpers/pseudo-terminal.ts';
import type { Tree } from '../helpers/tree.ts';
import { day, entry, fileOf } from '../helpers/waiver-files.ts';

/** One command that ends with this code; `says` is in the first line of standard error, '' where there is nothing on it. */
export interface ExitRow {
  readonly command: string;
  readonly code: ExitCode;
  readonly what: string;
  readonly says: string | RegExp;
  /** What is allowed to be changed on the tree: everything else leaves it as it was. */
  readonly changes?: true;
  readonly act: (tree: Tree) => Promise<ProgramResult>;
}

export const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const NOBODY = 65_534;
/** Breaks what the language itself promises, so that the program meets what it cannot expect. */
const PLANTED = 'data:text/javascript,Date.prototype.toISOString=()=>{throw new TypeError("planted")}';

type Args = readonly string[] | ((tree: Tree) => readonly string[]);

function row(
  [command, code, what, says]: readonly [command: string, code: ExitCode, what: string, says: string | RegExp],
  args: Args,
  options: ProgramOptions = {},
): ExitRow {
  const words = command.split(' ');
  return {
    command,
    code,
    what,
    says,
    act: (tree) => harden([...words, ...(typeof args === 'function' ? args(tree) : args)], options),
  };
}

const at = (tree: Tree): readonly string[] => ['--root', tree.root];
const on =
  (...args: readonly string[]): Args =>
  (tree) => [...at(tree), ...args];
const file =
  (text: string, ...options: readonly string[]): Args =>
  (tree) => {
    const path = join(tree.outside, 'given.json5');
    writeFileSync(path, text, { mode: 0o644 });
    return [...at(tree), ...options, path];
  };

/** An apply on the tree that went well, before the row's own command. */
function afterApply(one: ExitRow): ExitRow {
  return {
    ...one,
    changes: true,
    act: async (tree) => {
      await applied(tree);
      return one.act(tree);
    },
  };
}

async function applied(tree: Tree): Promise<string> {
  const { code, stdout, stderr } = await harden(['apply', ...at(tree), '-c', '3.2,2.16', '--json', ...YES]);
  expect(code, stderr).toBe(EXIT.ok);
  return (JSON.parse(stdout) as { readonly snapshot: string }).snapshot;
}

/** A command that reads what an apply has left. */
function reading(command: string, args: (id: string, tree: Tree) => readonly string[]): ExitRow {
  return {
    command,
    code: EXIT.ok,
    what: 'what an apply left',
    says: '',
    changes: true,
    act: async (tree) => harden([...command.split(' '), ...args(await applied(tree), tree), ...at(tree)]),
  };
}

function locked(command: string): ExitRow {
  return {
    command,
    code: EXIT.locked,
    what: 'another run holds the lock',
    says: 'Another run is at work',
    changes: true,
    act: async (tree) => {
      await applied(tree);
      const holder = spawn('flock', [tree.at('/var/lib/harden/lock'), 'sh', '-c', 'echo held; cat'], { stdio: 'pipe' });
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      try {
        return await harden([command, ...at(tree), ...YES]);
      } finally {
        holder.stdin.end();
        await new Promise((resolve) => holder.once('exit', resolve));
      }
    },
  };
}

/** At a terminal, where an empty answer is the careful one. What is shown before the question is no error. */
function declined(command: string, prepare: (tree: Tree) => Promise<unknown>): ExitRow {
  return {
    command,
    code: EXIT.declined,
    what: 'Enter alone at the question',
    says: '',
    changes: true,
    act: async (tree) => {
      await prepare(tree);
      const before = tree.state();
      const { code, shown } = await atTerminal(`${HARDEN} ${command} --root ${tree.root}`, [
        { after: /\(no(?:ne)?\)\s*$/, keys: ENTER },
      ]);
      expect(tree.state()).toEqual(before);
      expect(shown).toContain('Nothing was changed.');
      return { code, stdout: shown, stderr: '' };
    },
  };
}

/** A signal once the snapshot is made, with every sync slowed down so that it comes in time. */
function signalled(command: 'apply' | 'rollback', signal: 'SIGINT' | 'SIGTERM'): ExitRow {
  return {
    command,
    code: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
    what: signal,
    says: '',
    ...(command === 'rollback' ? { changes: true as const } : {}),
    act: async (tree) => {
      if (command === 'rollback') {
        await applied(tree);
      }
      const before = tree.state();
      const slow =
        '-f -qq -e signal=none -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_exit=40ms -o /dev/null';
      const args = [command, ...at(tree), ...(command === 'apply' ? ['-p', 'cis-docker-1.8.0/L2'] : []), ...YES];
      const script = `strace ${slow} "$@" 2>"$ERR" & tracer=$!
        until grep -q '^Snapshot ' "$ERR"; do sleep 0.01; kill -0 $tracer || break; done
        kill -s ${signal.slice(3)} $(ps -o pid= --ppid $tracer); wait $tracer; code=$?; cat "$ERR" >&2; exit $code`;
      const result = await run('bash', ['--norc', '-c', script, 'sh', HARDEN, ...args], {
        env: { ERR: join(tree.outside, 'stderr') },
      });
      expect(result.stderr).toContain(`${signal} received`);
      expect(tree.state()).toEqual(before);
      return { ...result, stderr: '' };
    },
  };
}

const NOT_THERE = 'abcd1234';

/** Every code of the help but 7 of apply, which has a test of its own, and what only a real host can show: `ELSEWHERE`. */
export const EXIT_TABLE: readonly ExitRow[] = [
  row(['plan', EXIT.ok, 'changes are found', ''], on()),
  row(['plan', EXIT.notAsItShouldBe, '--exit-code with changes', ''], on('--exit-code')),
  row(['plan', EXIT.notAsItShouldBe, 'its other name', ''], on('--detailed-exitcode')),
  row(['plan', EXIT.notEverythingChecked, '--exit-code, only unknowns', ''], on('--exit-code', '-c', '2.3')),
  row(['plan', EXIT.malformed, 'a profile that is not there', 'cannot be read'], on('-p', './no.json5')),
  row(['plan', EXIT.malformed, 'a recording that is none', 'recording'], (tree) => {
    writeFileSync(join(tree.outside, 'r.json'), '{}');
    return ['--from', join(tree.outside, 'r.json')];
  }),
  row(['plan', EXIT.cannotWriteOutput, 'no place for the file', 'cannot be written'], on('-o', '/proc/no/x')),
  {
    command: 'plan',
    code: EXIT.bug,
    what: 'what nobody expected',
    says: 'this is a bug in harden: planted',
    act: (tree) =>
      run('node', ['--import', PLANTED, HARDEN.replace(/harden$/, 'harden.mjs'), 'plan', ...at(tree)], {
        env: { PATH: process.env['PATH'] ?? '' },
      }),
  },
  { ...row(['apply', EXIT.ok, 'changes are made', ''], on('-q', ...YES)), changes: true },
  declined('apply', () => Promise.resolve()),
  row(['apply', EXIT.approvalNeeded, 'nobody to ask', 'approval is needed, and there is no terminal'], on()),
  row(
    ['apply', EXIT.approvalNeeded, 'above the ceiling', 'the plan goes beyond what --yes covers'],
    on('--yes', '--max-risk', 'low'),
  ),
  row(['apply', EXIT.planNotApplicable, 'no engine', 'this host is not one harden changes'], (tree) => [
    ...['--root', tree.at('/etc'), '--state-dir', join(tree.outside, 'state')],
    ...YES,
  ]),
  row(
    ['apply', EXIT.planNotApplicable, 'another digest', 'not the one that was approved'],
    on('--approve', 'deadbeef'),
  ),
  locked('apply'),
  row(['apply', EXIT.malformed, 'a plan file that is none', 'not a plan'], (tree) => [
    ...(file('{}') as (tree: Tree) => readonly string[])(tree).slice(-1),
    ...at(tree),
    ...YES,
  ]),
  row(
    ['apply', EXIT.cannotWriteOutput, 'no place for events', 'cannot be written'],
    on(...YES, '--events', '/proc/no/x'),
  ),
  row(['apply', EXIT.noPrivilege, 'somebody else', 'cannot be used: permission denied'], on(...YES), { uid: NOBODY }),
  signalled('apply', 'SIGINT'),
  signalled('apply', 'SIGTERM'),
  afterApply(row(['verify', EXIT.ok, 'as it should be', ''], on('-c', '3.2'))),
  row(['verify', EXIT.notAsItShouldBe, 'findings', ''], on()),
  row(['verify', EXIT.notEverythingChecked, 'only unknowns', ''], on('-c', '2.3')),
  row(
    ['verify', EXIT.planNotApplicable, 'a baseline of a newer version', 'was made by a newer harden'],
    file('{"schema":"urn:harden:plan:2"}', '--baseline'),
  ),
  row(['verify', EXIT.malformed, 'a baseline that is none', 'not a plan'], file('{}', '--baseline')),
  // What was found counts before a file that is missing.
  row(
    ['verify', EXIT.notAsItShouldBe, 'findings, and no place for the file', 'cannot be written'],
    on('-o', '/proc/no/x'),
  ),
  afterApply(
    row(
      ['verify', EXIT.cannotWriteOutput, 'no place for the file', 'cannot be written'],
      on('-c', '3.2', '-o', '/proc/no/x'),
    ),
  ),
  row(
    ['verify', EXIT.usage, 'a run that is not there', 'is no apply that was kept here'],
    on('--since-run', NOT_THERE),
  ),
  afterApply(row(['rollback', EXIT.ok, 'put back', ''], on('-q', ...YES))),
  declined('rollback', applied),
  afterApply(row(['rollback', EXIT.approvalNeeded, 'nobody to ask', 'approval is needed'], on())),
  locked('rollback'),
  row(['rollback', EXIT.usage, 'no snapshot', 'there is no apply to take back'], on(...YES)),
  row(['rollback', EXIT.noPrivilege, 'somebody else', 'needs root'], ['--yes'], { uid: NOBODY }),
  signalled('rollback', 'SIGINT'),
  row(['confirm', EXIT.noPrivilege, 'somebody else', 'needs root'], [], { uid: NOBODY }),
  row(['status', EXIT.ok, 'nothing waits', ''], on()),
  row(['recover', EXIT.ok, 'nothing to end', ''], on()),
  locked('recover'),
  row(['recover', EXIT.noPrivilege, 'somebody else', 'needs root'], [], { uid: NOBODY }),
  afterApply(row(['history list', EXIT.ok, 'runs', ''], on())),
  reading('history show', (id) => [id]),
  reading('history diff', (id) => [id, id]),
  reading('snapshot show', (id) => [id]),
  { ...reading('snapshot export', (id, tree) => [id, '-o', join(tree.outside, 'snapshot.tar')]), says: ' is in /' },
  afterApply(row(['snapshot prune', EXIT.ok, 'nothing that may go', 'To stay:'], on('--yes'))),
  reading('report', (id) => [id, '--format', 'csv']),
  row(['history show', EXIT.usage, 'a run that is not there', 'there is no run abcd1234'], on(NOT_THERE)),
  row(['history diff', EXIT.usage, 'runs that are not there', 'there is no run abcd1234'], on(NOT_THERE, NOT_THERE)),
  ...[EXIT.ok, EXIT.needsAttention, EXIT.notAsItShouldBe].map((code): ExitRow => {
    const verb = code === EXIT.notAsItShouldBe ? 'verify' : 'list';
    return {
      command: `snapshot ${verb}`,
      code,
      what: code === EXIT.ok ? 'snapshots' : 'one is damaged',
      says: '',
      changes: true,
      act: async (tree) => {
        const id = await applied(tree);
        const folder = tree.at(`/var/lib/harden/snapshots/${id}`);
        if (code === EXIT.needsAttention) {
          writeFileSync(`${folder}/manifest.json`, 'garbage');
          writeFileSync(`${folder}/journal`, 'garbage');
        } else if (code === EXIT.notAsItShouldBe) {
          expect((await run('sh', ['-c', `for blob in '${folder}'/blobs/*; do echo x >> "$blob"; done`])).code).toBe(0);
        }
        return harden(['snapshot', verb, ...(verb === 'verify' ? [id] : []), ...at(tree)]);
      },
    };
  }),
  afterApply(row(['snapshot verify', EXIT.ok, 'all of them', ''], on())),
  row(['snapshot show', EXIT.usage, 'one that is not there', 'there is no snapshot'], on(NOT_THERE)),
  row(['report', EXIT.usage, 'a run that is not there', 'there is no run abcd1234'], on(NOT_THERE)),
  row(['report', EXIT.malformed, 'a file that is none', 'is not a plan'], file('{}')),
  row(['waiver list', EXIT.ok, 'none', ''], on()),
  row(['waiver check', EXIT.ok, 'none', ''], on()),
  row(['waiver add', EXIT.ok, 'one', ''], (tree) =>
    `--dir ${tree.outside}/waivers -c 2.2 --reason r --owner o --until ${day(5)}`.split(' '),
  ),
  {
    command: 'waiver remove',
    code: EXIT.ok,
    what: 'the only one',
    says: '',
    act: (tree) => {
      writeFileSync(join(tree.outside, 'one.json5'), fileOf(entry('2.2', day(5))), { mode: 0o644 });
      return harden(['waiver', 'remove', '2.2', '--dir', tree.outside]);
    },
  },
  row(['waiver check', EXIT.notAsItShouldBe, 'one is over', ''], file(fileOf(entry('2.2', day(-1))), '--waivers')),
  row(
    ['waiver check', EXIT.malformed, 'an unknown control', 'waiver'],
    file(fileOf(entry('nope', day(5))), '--waivers'),
  ),
  row(['waiver add', EXIT.usage, 'nothing said', 'a waiver needs'], (tree) => ['--dir', tree.outside]),
  row(['waiver add', EXIT.cannotWriteOutput, 'no folder', '/proc/no cannot be written to'], () =>
    `--dir /proc/no -c 2.2 --reason r --owner o --until ${day(5)}`.split(' '),
  ),
  row(['waiver remove', EXIT.usage, 'none is for it', 'no waiver is for 2.2'], (tree) => [
    '2.2',
    '--dir',
    tree.outside,
  ]),
  row(['explain', EXIT.ok, 'a code', ''], ['H1102']),
  row(['explain', EXIT.ok, 'a control', ''], on('2.2')),
  row(['explain', EXIT.usage, 'no control', 'there is no control "icc-disabld"'], on('icc-disabld')),
  row(['record', EXIT.ok, 'the facts', /./], (tree) => [...at(tree), '-o', join(tree.outside, 'r.json')]),
  row(['record', EXIT.cannotWriteOutput, 'no place for the file', 'cannot be written'], on('-o', '/proc/no/x')),
  row(['profile list', EXIT.ok, 'all', ''], []),
  row(['profile show', EXIT.ok, 'one', ''], ['cis-docker-1.8.0/L1']),
  row(['profile init', EXIT.ok, 'a new one', 'Written to'], (tree) => [join(tree.outside, 'web.json5')]),
  row(['profile show', EXIT.usage, 'no profile', 'there is no profile'], ['cis-docker-1.8.0/L3']),
  row(['profile show', EXIT.malformed, 'no file', 'cannot be read'], ['/nowhere.json5']),
  row(['profile diff', EXIT.ok, 'two', ''], ['cis-docker-1.7.0/L1', 'cis-docker-1.8.0/L1']),
  row(['profile init', EXIT.usage, 'no name', 'a profile is kept in a file such as web.json5'], ['web']),
  row(['profile init', EXIT.cannotWriteOutput, 'no folder', 'cannot be made'], ['/proc/no/web.json5']),
  row(['doctor', EXIT.ok, '--config', ''], ['--config']),
  row(['doctor', EXIT.notAsItShouldBe, 'a broken configuration', ''], [], { env: { HARDEN_CONFIG: '/nowhere.json5' } }),
  row(['doctor', EXIT.malformed, 'to show a broken configuration', 'cannot be read'], ['--config'], {
    env: { HARDEN_CONFIG: '/nowhere.json5' },
  }),
  row(['schema', EXIT.ok, 'of a plan', ''], ['plan']),
  row(['completion', EXIT.ok, 'for bash', ''], ['bash']),
  row(['help', EXIT.ok, 'a topic', ''], ['exit-codes']),
];
