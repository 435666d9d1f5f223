import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { eventJsonSchema } from '../../src/model/event-schema.ts';
import type { EventLine } from '../../src/model/event.ts';
import { Plan } from '../../src/model/plan.ts';
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

/** What a plan counts, as the last event does. */
function countsOf({
  controls,
  pass,
  toFix,
  waived,
  manual,
  notApplicable,
  notChecked,
  errors,
  changes,
}: Plan['summary']) {
  return { controls, pass, toFix, waived, manual, notApplicable, notChecked, errors, changes };
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
      readonly plan: Plan;
    };
    expect(events[0]).toMatchObject({
      type: 'run.start',
      schema: 'urn:harden:event:1',
      run: run.id,
      verb: 'apply',
      plan: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    });
    expect(events.at(-1)).toMatchObject({
      type: 'run.end',
      exit: 0,
      outcome: 'done',
      plan: plan.digest,
      code: null,
      summary: { ...countsOf(plan.summary), applied: plan.summary.changes },
    });
    const types = events.map(({ type }) => type);
    expect(types.indexOf('snapshot.made')).toBeLessThan(types.indexOf('step.started'));
    expect(types.filter((type) => type === 'step.done')).toHaveLength(
      types.filter((type) => type === 'step.started').length,
    );
    expect(types).toContain('verify.started');
    const done = events.filter((event) => event.type === 'step.done');
    expect(done.every(({ seconds = -1 }) => seconds >= 0)).toBe(true);
    const served = new Set(done.flatMap(({ changes = [] }) => changes));
    expect(plan.changes.map(({ id }) => id).filter((id) => !served.has(id))).toEqual([]);
    const again = await harden(['plan', '--root', tree.root, '--json']);
    const end = events.at(-1);
    expect(end?.type === 'run.end' ? end.summary?.after : undefined).toEqual(
      countsOf((JSON.parse(again.stdout) as Plan).summary),
    );
    const back = `${tree.outside}/back.jsonl`;
    await harden(['rollback', '--root', tree.root, ...YES, '--events', back]);
    const undone = eventsIn(back);
    const wayBack = expect.stringMatching(/^sha256:/) as string;
    expect(undone[0]).toMatchObject({ type: 'run.start', verb: 'rollback', plan: wayBack });
    expect(undone.at(-1)).toMatchObject({ type: 'run.end', exit: 0, outcome: 'done', plan: wayBack });
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
    const events = eventsIn(file);
    expect(events[0]).toMatchObject({ type: 'run.start', verb: 'apply' });
    expect(events.at(-1)).toMatchObject({ type: 'run.end', exit, outcome: null, plan: null, code });
  });

  test('an approved plan is named by its own digest, also where it is not carried out', async () => {
    using tree = plantTree(DOCKER_CE);
    const [file, approved] = [`${tree.outside}/events.jsonl`, `${tree.outside}/plan.json`];
    await harden(['plan', '--root', tree.root, '-c', '3.2', '-o', approved]);
    const { digest } = JSON.parse(readFileSync(approved, 'utf8')) as Plan;
    chmodSync(tree.at('/usr/lib/systemd/system/docker.service'), 0o660);
    expect((await apply(tree, approved, ...YES, '--events', file)).code).toBe(5);
    const [start, end] = eventsIn(file);
    expect(start).toMatchObject({ type: 'run.start', plan: digest });
    expect(end).toMatchObject({ type: 'run.end', exit: 5, plan: null, summary: { changes: 1, applied: 0 } });
  });

  test.each([
    ['plan', [], 0, 'planned'],
    ['plan', ['--exit-code'], 2, 'planned'],
    ['verify', [], 2, 'verified'],
    ['verify', ['-c', '2.3'], 8, 'verified'],
  ] as const)('%s %j: the plan first, last the counts and the exit code', async (verb, args, exit, outcome) => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    const { code, stdout } = await harden([verb, '--root', tree.root, '--json', '--events', file, ...args]);
    expect(code).toBe(exit);
    const { digest, summary } = Plan.parse(JSON.parse(stdout));
    expect(eventsIn(file)).toMatchObject([
      { type: 'run.start', schema: 'urn:harden:event:1', schemaMinor: 2, verb, plan: digest },
      { type: 'run.end', exit, outcome, plan: digest, code: null, summary: { ...countsOf(summary), applied: 0 } },
    ]);
  });

  test.each(['plan', 'verify'])('%s that finds no host says why, without a plan', async (verb) => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    expect((await harden([verb, '--from', '/nonexistent', '--events', file])).code).toBe(65);
    expect(eventsIn(file)).toMatchObject([
      { type: 'run.start', verb, plan: null },
      { type: 'run.end', exit: 65, outcome: null, plan: null, code: 'H1001', summary: null },
    ]);
  });

  test('the id of a verify is that of the run it is kept as', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/events.jsonl`;
    await apply(tree, '-c', '3.2', ...YES);
    await harden(['verify', '--root', tree.root, '--events', file]);
    const { runs } = JSON.parse((await harden(['history', 'list', '--json', '--root', tree.root])).stdout) as {
      readonly runs: readonly { readonly id: string; readonly verb: string }[];
    };
    expect(eventsIn(file)[0]).toMatchObject({ run: runs.find(({ verb }) => verb === 'verify')?.id });
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
