import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ANSWERS, type AnswerName, answerJsonSchema } from '../../src/model/answers/json-schemas.ts';
import { RunResult } from '../../src/model/result.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectAnswer } from '../helpers/answers.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';
import { day, entry, fileOf } from '../helpers/waiver-files.ts';

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

async function applied(tree: Tree, control: string): Promise<string> {
  const { code, stdout, stderr } = await harden(['apply', '--root', tree.root, '-c', control, '--json', ...YES]);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { readonly snapshot: string }).snapshot;
}

/** What a command prints, held against its schema. */
async function answered<Name extends AnswerName>(
  tree: Tree,
  name: Name,
  args: readonly string[],
  exit: 0 | 2 | 7 | 8 = 0,
) {
  const { code, stdout, stderr } = await harden([...args, '--json', '--root', tree.root]);
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(exit);
  return expectAnswer(name, stdout);
}

describe.runIf(canOwn())('JSON of commands that are no run', () => {
  test('fits its schema where nothing was ever done', async () => {
    using tree = plantTree(DOCKER_CE);
    expect(await answered(tree, 'status', ['status'])).toMatchObject({ lastApply: null, reverts: [] });
    expect(await answered(tree, 'recovery', ['recover'])).toMatchObject({ recovered: [] });
    expect(await answered(tree, 'snapshots', ['snapshot', 'list'])).toMatchObject({ snapshots: [] });
    expect(await answered(tree, 'snapshot-verification', ['snapshot', 'verify'])).toMatchObject({ snapshots: [] });
    expect(await answered(tree, 'runs', ['history', 'list'])).toMatchObject({ runs: [] });
    expect(await answered(tree, 'waivers', ['waiver', 'list'])).toMatchObject({ waivers: [] });
  });

  test('fits its schema after an apply that was taken back in part', { timeout: 90_000 }, async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, '3.2,2.16');
    // The engine of a folder does not run: what waits for its start was not undone.
    const status = await answered(tree, 'status', ['status']);
    expect(status).toMatchObject({ lastApply: { snapshot: id, changes: 2 } });
    expect(status).not.toHaveProperty('drift');
    await harden(['rollback', '--root', tree.root, '-c', '3.2', ...YES, '--reason', 'too tight', '--ticket', 'OPS-1']);
    expect(await answered(tree, 'status', ['status'])).toMatchObject({ lastApply: { attempt: { how: 'partly' } } });
    expect(await answered(tree, 'snapshots', ['snapshot', 'list'])).toMatchObject({
      snapshots: [{ purpose: 'rollback' }, { id, attempt: { how: 'partly' } }],
    });
    expect(await answered(tree, 'snapshot', ['snapshot', 'show', id])).toMatchObject({ id, purpose: 'apply' });
    expect(await answered(tree, 'runs', ['history', 'list'])).toMatchObject({
      runs: [{ verb: 'rollback', of: id, reason: 'too tight', ticket: 'OPS-1' }, { verb: 'apply' }],
    });
  });

  test('fits its schema where what an apply had set fails again', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree, '2.16');
    writeFileSync(tree.at('/etc/docker/daemon.json'), '{}');
    expect(await answered(tree, 'status', ['status'], 2)).toMatchObject({ drift: ['2.16'] });
  });

  test('fits its schema where snapshots and runs are damaged', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, '3.2');
    for (const name of ['manifest.json', 'journal']) {
      writeFileSync(tree.at(`/var/lib/harden/snapshots/${id}/${name}`), 'garbage');
    }
    const [run = ''] = readdirSync(tree.at('/var/lib/harden/runs'));
    writeFileSync(tree.at(`/var/lib/harden/runs/${run}`), 'garbage');
    expect(await answered(tree, 'snapshots', ['snapshot', 'list'], 7)).toMatchObject({ damaged: [{}] });
    expect(await answered(tree, 'snapshot-verification', ['snapshot', 'verify'], 2)).toMatchObject({
      snapshots: [{ troubles: [{}] }],
    });
    expect(await answered(tree, 'runs', ['history', 'list'], 8)).toMatchObject({ damaged: [{}] });
  });

  test('one run is shown with the schema of results, and what differs between two has its own', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, '3.2');
    const shown = await harden(['history', 'show', id, '--json', '--root', tree.root]);
    expect(RunResult.parse(JSON.parse(shown.stdout))).toMatchObject({ type: 'done', snapshot: id });
    const [older, newer] = [`${tree.outside}/older.json`, `${tree.outside}/newer.json`];
    await harden(['plan', '--root', tree.root, '-c', '2.*', '-o', older]);
    await harden(['plan', '--root', tree.root, '-c', '2.*,3.*', '-x', '2.2', '-o', newer]);
    const difference = await answered(tree, 'difference', ['history', 'diff', older, newer], 2);
    expect(difference.results).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: '2.2', before: 'fail' }) as unknown]),
    );
  });

  test('waivers of every state fit their schema', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/w.json5`;
    writeFileSync(
      file,
      fileOf(
        entry('2.2', day(3)),
        entry('2.16', day(-3)),
        entry('2.15', day(60), ", host: 'other-*'"),
        entry('3.2', day(60), `, from: '${day(5)}'`),
      ),
    );
    const given = ['--waivers', file];
    const { waivers } = await answered(tree, 'waivers', ['waiver', 'list', ...given]);
    expect(new Set(waivers.map(({ state }) => state))).toEqual(new Set(['counts', 'over', 'other-host', 'not-yet']));
    const { remarks } = await answered(tree, 'waiver-check', ['waiver', 'check', ...given], 2);
    expect(remarks).not.toEqual([]);
  });

  test('a run that cannot be ended, and one that is given up, fit their schema', { timeout: 90_000 }, async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, '3.2');
    // Committed, but its end is not in the journal any more: damaged records.
    execFileSync('mv', [tree.at(`/var/lib/harden/snapshots/${id}`), tree.at(`/var/lib/harden/tx/${id}`)]);
    writeFileSync(tree.at(`/var/lib/harden/tx/${id}/journal`), 'garbage');
    writeFileSync(tree.at(`/var/lib/harden/tx/${id}/manifest.json`), 'garbage');
    expect(await answered(tree, 'recovery', ['recover'], 7)).toMatchObject({ recovered: [{ id, outcome: 'refused' }] });
    expect(await answered(tree, 'status', ['status'])).toMatchObject({ unfinished: [id] });
    expect(await answered(tree, 'recovery', ['recover', '--give-up', id], 7)).toMatchObject({ givenUp: { id } });
  });
});

test.each(Object.keys(ANSWERS) as AnswerName[])('the schema of %s refuses what is not its answer', (name) => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(answerJsonSchema(name));
  expect(validate({ schema: `urn:harden:${name}:1`, schemaMinor: 0 })).toBe(false);
  expect(validate({ schema: `urn:harden:${name}:2`, schemaMinor: 0 })).toBe(false);
  expect(validate([])).toBe(false);
});
