import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsIn } from '../../src/cli/command-table.ts';
import { manPages } from '../../src/cli/help/man-pages.ts';
import { TOPIC_NAMES } from '../../src/cli/help/topic-names.ts';
import { programTable } from '../../src/cli/main.ts';
import { ERROR_CODES } from '../../src/model/error-codes.ts';
import { EXIT } from '../../src/model/errors.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden, run } from '../helpers/program.ts';

const ALL_REQUIRED = process.env['HARDEN_TEST_REQUIRE_ALL'] === '1';
const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = await programTable();
const PAGES = manPages(PROGRAM, '0.0.0');
const COMMANDS = PROGRAM.commands.map(({ path }) => path.join('-'));

describe('harden help TOPIC', () => {
  test('no topic has the name of a command, and the help names them all', async () => {
    expect(TOPIC_NAMES.filter((name) => COMMANDS.includes(name))).toEqual([]);
    const { stdout } = await harden(['--help']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(TOPIC_NAMES.join(' '));
  });

  test.each(TOPIC_NAMES)('%s', async (name) => {
    const { code, stdout, stderr } = await harden(['help', name]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^${name}: \\S`));
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect((await harden(['help', name], { env: { COLUMNS: '40' } })).code).toBe(0);
  });

  test('exit-codes tells every code, errors every error', async () => {
    const [exits, errors] = await Promise.all([harden(['help', 'exit-codes']), harden(['help', 'errors'])]);
    const numbers = [...exits.stdout.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));
    expect(numbers).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
    const codes = [...errors.stdout.matchAll(/^ {2}(H\d{4}) /gm)].map(([, code]) => code);
    expect(codes).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  test('environment tells every variable the program reads', async () => {
    const { stdout } = await harden(['help', 'environment']);
    const folders = ['src/cli', 'src/catalogue', 'src/app'];
    const sources = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.startsWith('demo'))
        .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
    );
    const read = sources.flatMap((source) => [...source.matchAll(/env\['([A-Z_]+)'\]/g)].map(([, name]) => name ?? ''));
    expect(new Set(read).size).toBeGreaterThan(5);
    expect([...new Set(read)].filter((name) => !stdout.includes(name))).toEqual([]);
  });

  test.each(['help wayback', 'help exit-code', 'help errors errors'])('harden %s is refused', async (args) => {
    expectError(await harden(args.split(' ')), { code: 64, id: 'H0064', says: [] });
  });
});

describe('manual pages', () => {
  test('the program, every command, the formats and the codes have one', () => {
    const expected = ['harden.8', ...COMMANDS.map((name) => `harden-${name}.8`), 'harden.json5.5', 'harden-plan.5'];
    expect(Object.keys(PAGES).toSorted()).toEqual([...expected, 'harden-exit-codes.7', 'harden-errors.7'].toSorted());
  });

  test('the build writes them', () => {
    expect(readdirSync(join(ROOT, 'dist/man')).toSorted()).toEqual(Object.keys(PAGES).toSorted());
  });

  test('every option of every command stands in its page', () => {
    for (const { path, options } of commandsIn(PROGRAM)) {
      const page = (PAGES[`harden-${path[0] ?? ''}.8`] ?? '').replaceAll(String.raw`\-`, '-');
      expect(
        options.filter(({ name }) => !page.includes(`--${name}`)).map(({ name }) => name),
        path.join(' '),
      ).toEqual([]);
    }
  });

  test('pages they refer to are there', () => {
    const named = Object.values(PAGES).flatMap((page) => [...page.matchAll(/^\.BR (\S+) \((\d)\)/gm)]);
    const files = named.map(([, name = '', section = '']) => `${name.replaceAll(String.raw`\-`, '-')}.${section}`);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => PAGES[file] === undefined)).toEqual([]);
  });

  describe.runIf(ALL_REQUIRED || existsSync('/usr/bin/mandoc'))('for mandoc', () => {
    test.each(Object.entries(PAGES))('%s has no mistake', async (_name, page) => {
      const { stdout, stderr } = await run('mandoc', ['-T', 'lint', '-W', 'style'], { input: page });
      // It carries a version in place of a date, and its name and title have to be on one line.
      const complaints = (stdout + stderr)
        .split('\n')
        .filter((line) => line !== '' && !/missing date|:3:\d+: STYLE: input text line longer/.test(line));
      expect(complaints).toEqual([]);
    });
  });

  describe.runIf(ALL_REQUIRED || existsSync('/usr/bin/man'))('for man', () => {
    test.each(Object.keys(PAGES))('%s has no warning', async (name) => {
      const { code, stdout, stderr } = await run('man', ['--warnings', '-l', join(ROOT, 'dist/man', name)], {
        env: { MANWIDTH: '80', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('NAME');
    });
  });
});
