import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { eventJsonSchema } from '../../src/model/event-schema.ts';
import type { EventLine } from '../../src/model/event.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { HARDEN, harden, PLAIN_ENV, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(eventJsonSchema());

/** Every whole line, each held against the published schema; numbers without a gap. */
function eventsIn(file: string): readonly EventLine[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  const events = lines.map((line) => JSON.parse(line) as EventLine);
  for (const event of events) {
    expect(validate(event), `${JSON.stringify(event)}: ${JSON.stringify(validate.errors)}`).toBe(true);
  }
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index));
  return events;
}

function apply(tree: Tree, ...args: readonly string[]): ReturnType<typeof harden> {
  return harden(['apply', '--root', tree.root, ...args]);
}

describe.runIf(canOwn())('--events', () => {
  test('first schema and run, then what happens, last the exit code; beside the human output', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    const { code, stdout } = await apply(tree, ...YES, '--events', file, '--json');
    expect(code).toBe(0);
    const events = eventsIn(file);
    const { run, plan } = JSON.parse(stdout) as {
      readonly run: { readonly id: string };
      readonly plan: { readonly digest: string };
    };
    expect(events[0]).toMatchObject({ type: 'run.start', schema: 'urn:harden:event:1', run: run.id, verb: 'apply' });
    expect(events.at(-1)).toMatchObject({ type: 'run.end', exit: 0, outcome: 'done', plan: plan.digest, code: null });
    const types = events.map(({ type }) => type);
    expect(types.indexOf('snapshot.made')).toBeLessThan(types.indexOf('step.started'));
    expect(types.filter((type) => type === 'step.done')).toHaveLength(
      types.filter((type) => type === 'step.started').length,
    );
    expect(types).toContain('verify.started');
    const back = `${tree.outside}/back.jsonl`;
    await harden(['rollback', '--root', tree.root, ...YES, '--events', back]);
    expect(eventsIn(back).at(-1)).toMatchObject({ type: 'run.end', exit: 0, outcome: 'done' });
  });

  test.each([
    ['nobody to ask', [], 4, 'H4001'],
    ['above the ceiling', ['--yes', '--max-risk', 'low'], 4, 'H4002'],
    ['another plan approved', ['--approve', 'deadbeef'], 5, 'H4020'],
    ['wrong options', ['--accept', '2.2'], 64, 'H0080'],
  ])('a refusal: %s', async (_what, args, exit, code) => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    expect((await apply(tree, ...args, '--events', file)).code).toBe(exit);
    expect(eventsIn(file).at(-1)).toMatchObject({ type: 'run.end', exit, outcome: null, code });
  });

  test('an open descriptor', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    const script = `exec "$0" apply --root "$1" --yes --max-risk high --events fd:7 7>"$2"`;
    const { code } = await run('bash', ['--norc', '-c', script, HARDEN, tree.root, file]);
    expect(code).toBe(0);
    expect(eventsIn(file).at(-1)).toMatchObject({ type: 'run.end', exit: 0 });
  });

  test('a reader that goes away, or never reads, does not stop the run', async () => {
    const away = `"$0" apply --root "$1" --yes --max-risk high --events fd:7 7> >(head -n 1 >/dev/null)`;
    const deaf = `mkfifo "$2"; sleep 60 <>"$2" & reader=$!; perl -e 'use Fcntl; sysopen(F, $ARGV[0], O_WRONLY|O_NONBLOCK) or die; 1 while syswrite(F, "x" x 4096)' "$2"; "$0" apply --root "$1" --yes --max-risk high --events "$2"; code=$?; kill $reader; exit $code`;
    for (const script of [away, deaf]) {
      using tree = plantTree(DOCKER_CE);
      const { code, stdout, stderr } = await run('bash', [
        '--norc',
        '-c',
        script,
        HARDEN,
        tree.root,
        `${tree.outside}/fifo`,
      ]);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('changes live');
      if (script === deaf) {
        expect(stderr).toContain('no more events are written');
      }
    }
  });

  test.each(['/no/such/folder/x', 'fd:99', 'fd:', 'fd:x', 'fd:-1', '/'])(
    'a place that cannot be written to: %s',
    async (place) => {
      using tree = plantTree(DOCKER_CE);
      const before = tree.state();
      expectError(await apply(tree, ...YES, '--events', place), { code: 73, id: 'H0081', says: [place] });
      expect(treeChanges(before, tree.state())).toEqual([]);
    },
  );

  test('a link is not followed, and what is in a file stays', async () => {
    using tree = plantTree(DOCKER_CE);
    const [file, link] = [`${tree.outside}/events.jsonl`, `${tree.outside}/link`];
    writeFileSync(file, 'old\n');
    execFileSync('ln', ['-s', file, link]);
    expect((await apply(tree, '--events', link)).code).toBe(73);
    expect((await apply(tree, '--events', file)).code).toBe(4);
    expect(readFileSync(file, 'utf8')).toMatch(/^old\n\{"seq":0,/);
  });

  test(
    'killed at any moment: what is written is whole, and where the last event is missing nobody saw an end',
    { timeout: 120_000 },
    async () => {
      const ends = new Map<number, boolean>();
      for (const wanted of [1, 2, 4, 6, 8]) {
        using tree = plantTree(DOCKER_CE);
        const file = `${tree.outside}/events.jsonl`;
        const code = await killedAfter(tree, file, wanted);
        const events = eventsIn(file);
        const ended = events.at(-1)?.type === 'run.end';
        expect(ended || code === null, `ended with ${String(code)} after ${events.length} events`).toBe(true);
        ends.set(wanted, ended);
        await harden(['recover', '--root', tree.root]);
      }
      // Most of the work follows the first event.
      expect(ends.get(1)).toBe(false);
    },
  );
});

/** Kills the program as soon as that many events are there; gives the exit code where it was faster, else null. */
async function killedAfter(tree: Tree, file: string, events: number): Promise<number | null> {
  const child = spawn(HARDEN, ['apply', '--root', tree.root, ...YES, '--events', file], {
    env: PLAIN_ENV,
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  while (child.exitCode === null && (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= events)) {
    await sleep(1);
  }
  child.kill('SIGKILL');
  await ended;
  return child.exitCode;
}
