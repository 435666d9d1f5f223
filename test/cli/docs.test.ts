import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { readHealthFiles } from '../../src/catalogue/health-files.ts';
import { loadCatalogue } from '../../src/catalogue/load.ts';
import { shippedFiles } from '../../src/catalogue/shipped-files.ts';
import { TOPICS } from '../../src/cli/help/topics.ts';
import { programTable } from '../../src/cli/main.ts';
import { absPath } from '../../src/model/brand.ts';
import { ERROR_CODES } from '../../src/model/error-codes.ts';
import { RESOURCE_TYPES } from '../../src/resources/index.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import {
  allBlocks,
  type Block,
  blocksIn,
  checkedScript,
  documents,
  inlineCommands,
  ROOT,
  wrongWord,
} from '../helpers/documents.ts';
import { HARDEN, harden, PLAIN_ENV, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';
import { FROM } from '../helpers/waiver-files.ts';

/**
 * Every fenced block of the documents is used. The word after the language says where its commands run:
 * ```sh host=sample   in a folder of its own beside a tree with docker-ce in it, made anew for each block; `harden` means that tree,
 *                     unless the command names a recording. `sudo` is left out. `web-01.json` is a recording of the tree, `~` a home
 *                     with an SSH key, /etc/harden/allowed_signers a file that allows it
 * ```sh host=none     in the project's folder as it stands, but without `npm ci`, which would pull the floor from under the tests
 * ```sh host=real     on a throwaway host, by test/real/documents.test.ts
 * ```sh host=build    not run: the tests are run by it or need what it makes. Its scripts have to be in package.json
 * ```sh host=machine  not run: it takes a virtual machine for many minutes. Its files have to be there
 * `exit=` says with which codes they end. A `console` block is run by its lines that begin with `$ ` or `# `.
 * A `json5` block is read by what reads such files. A `text` block holds no command.
 */
const HOSTS = ['sample', 'none', 'real', 'build', 'machine'];
/** With the two settings whose risk a folder cannot judge made already. */
const SAMPLE = { ...DOCKER_CE, '/etc/docker/daemon.json': '{ "icc": false, "userland-proxy": false }\n' };
const SIGNERS = '/etc/harden/allowed_signers';
const PROGRAM = await programTable();
const BLOCKS = allBlocks();
const COMMAND = /^(?:[$#] )?(?:sudo )?(?:harden|npm|npx|node|docker) /m;

test('every block says what it is, and every one with commands where they run', () => {
  const unknown = BLOCKS.filter(({ language, host, body }) => {
    switch (language) {
      case 'sh':
      case 'console':
        return host === undefined || !HOSTS.includes(host);
      case 'text':
        return COMMAND.test(body);
      default:
        return language !== 'json5';
    }
  });
  expect(unknown.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
  expect(BLOCKS.filter(({ commands }) => commands.length > 0).length).toBeGreaterThan(10);
});

test('blocks are found as they are written', () => {
  const text =
    'a\n```sh host=sample exit=2,0\nharden verify \\\n  --json\nharden plan # all\n```\n```console host=none\n$ harden --version\n0.1.0\n```\n```json\n{}\n```\n';
  expect(blocksIn('x.md', text)).toMatchObject([
    { line: 2, host: 'sample', exits: [2, 0], commands: ['harden verify   --json', 'harden plan'] },
    { line: 7, language: 'console', host: 'none', exits: [0], commands: ['harden --version'] },
    { line: 11, language: 'json', host: undefined, body: '{}\n' },
  ]);
});

describe.runIf(canOwn())('commands of the documents', () => {
  for (const block of BLOCKS.filter(({ host }) => host === 'sample' || host === 'none')) {
    test(`${block.file}:${block.line}`, { timeout: 120_000 }, async () => {
      const { code, stdout, stderr } = await runBlock(block);
      expect(code, `${block.commands.join('\n')}\n${stdout}${stderr}`).toBe(0);
    });
  }
});

describe('commands that are not run', () => {
  test.each(commandsOn('build'))('%s: the script is there', (command) => {
    const scripts = command.split(/\s*&&\s*/).map((part) => /^npm (?:run )?([\w:-]+)$/.exec(part)?.[1] ?? part);
    expect(scripts.filter((name) => name !== 'ci' && !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  test.each(commandsOn('machine'))('%s: the file or script is there', (command) => {
    const [first = '', second = '', third = ''] = command.split(' ');
    expect(
      first === 'npm' && second === 'run' ? Object.hasOwn(manifest.scripts, third) : existsSync(join(ROOT, first)),
    ).toBe(true);
  });
});

describe('the words of every command', () => {
  const ours = (text: string): boolean => /^(?:sudo )?harden /.test(text);

  test.each(documents())('%s', (file) => {
    const inBlocks = BLOCKS.filter((block) => block.file === file).flatMap(({ commands }) => commands);
    const commands = [...inBlocks, ...inlineCommands(file)];
    const wrong = commands.filter(ours).flatMap((command) => {
      const what = wrongWord(PROGRAM, command);
      return what === undefined ? [] : [`${command}: ${what}`];
    });
    expect([...wrong, ...commands.filter((command) => !ours(command)).flatMap(missingPart)]).toEqual([]);
  });

  test('of the topics of help, and of the pages of all codes', () => {
    const texts = [
      ...Object.values(TOPICS).flatMap(({ blocks }) => blocks.flatMap((block) => JSON.stringify(block))),
      ...Object.values(ERROR_CODES).flatMap(({ why, remedy }) => [why, remedy]),
    ];
    const names = PROGRAM.commands.map(({ path }) => path[0]).join('|');
    const mentioned = texts.flatMap((text) =>
      [...text.matchAll(new RegExp(`(?:: (?:sudo )?harden [^.",;]+|harden (?:help|${names})\\b[^.",;]*)`, 'g'))].map(
        ([words]) => words.replace(/^: /, ''),
      ),
    );
    expect(mentioned.length).toBeGreaterThan(100);
    const wrong = mentioned.flatMap((command) => {
      const what = wrongWord(PROGRAM, command);
      return what === undefined ? [] : [`${command}: ${what}`];
    });
    expect(wrong).toEqual([]);
  });

  test('a wrong one is seen', () => {
    expect(wrongWord(PROGRAM, 'harden plann')).toBe('no command plann');
    expect(wrongWord(PROGRAM, 'sudo harden snapshot lst')).toBe('no command snapshot lst');
    expect(wrongWord(PROGRAM, "harden waiver add --reson 'x --y'")).toBe('no option --reson');
    expect(wrongWord(PROGRAM, 'harden help wayback')).toBe('no page wayback');
    expect(wrongWord(PROGRAM, 'harden report ID --format html -o x > y')).toBeUndefined();
    expect(missingPart('npm run nope')).toEqual(['npm run nope']);
  });
});

describe('files that documents and help show', () => {
  const shown = [
    ...BLOCKS.filter(({ language }) => language === 'json5').map(
      ({ file, line, body }) => [`${file}:${line}`, body] as const,
    ),
    ...Object.entries(TOPICS).flatMap(([name, { blocks }]) =>
      blocks.flatMap((block) =>
        block.type === 'lines' && block.lines[0] === '{' ? [[`help ${name}`, block.lines.join('\n')] as const] : [],
      ),
    ),
  ];
  test.each(shown)('%s is taken by what reads it', async (_where, body) => {
    using tree = plantTree({});
    await readAsShown(tree, body);
  });
  test('all four kinds and what a remediation holds are among them', () => {
    const kinds = ['config:1', 'waiver:1', 'health:1', 'benchmark:', 'control:', 'type:'];
    expect(kinds.filter((kind) => !shown.some(([, body]) => body.includes(kind)))).toEqual([]);
  });
});

describe.runIf(canOwn())('examples of the help', () => {
  /** Nobody is there to be asked; with somebody there they are run by test/real/documents.test.ts. */
  const ASKS: Readonly<Record<string, number>> = { 'harden apply -x 2.2': 4, 'harden apply plan.json': 4 };

  test('those of the first page', async () => {
    const { stdout } = await harden([]);
    const examples = [...stdout.matchAll(/^ {2}sudo (harden .*)$/gm)].map(([, command = '']) => command);
    expect(examples).toHaveLength(2);
    await runAll(examples);
  });

  const lines = Object.entries(TOPICS).flatMap(([name, { blocks }]) =>
    blocks.flatMap((block) => (block.type === 'lines' && block.lines[0] !== '{' ? [[name, block.lines] as const] : [])),
  );
  test.each(lines.filter(([name]) => name !== 'way-back'))('%s: %j', async (_name, examples) => {
    await runAll(examples.map((line) => line.replace('sudo ', '')));
  });

  async function runAll(examples: readonly string[]): Promise<void> {
    const exits = examples.map((command) => ASKS[command] ?? 0);
    const { code, stdout, stderr } = await runBlock({ host: 'sample', commands: examples, exits });
    expect(code, stdout + stderr).toBe(0);
  }
});

function commandsOn(host: string): readonly string[] {
  return BLOCKS.filter((block) => block.host === host).flatMap(({ commands }) => commands);
}

async function runBlock(block: Pick<Block, 'host' | 'commands' | 'exits'>) {
  const bin = mkdtempSync(join(tmpdir(), 'harden-docs-'));
  try {
    symlinkSync(HARDEN, join(bin, 'harden'));
    using tree = plantTree(SAMPLE);
    const cwd = block.host === 'sample' ? await besideTree(tree, block) : ROOT;
    const env = {
      ...PLAIN_ENV,
      HOME: tree.outside,
      PATH: `${bin}:${join(ROOT, 'node_modules/.bin')}:${PLAIN_ENV['PATH'] ?? ''}`,
    };
    const onTree = `harden() {
      case " $* " in *" --from "*) command harden "$@"; return ;; esac
      command harden "$@" --root '${tree.root}'
    }
    sudo() { "$@"; }`;
    const commands = checkedScript(block).replaceAll('npm ci && ', '').replaceAll(SIGNERS, `${tree.outside}/signers`);
    const script = `${block.host === 'sample' ? onTree : ''}\n${commands}\n`;
    return await run('sh', ['-c', script], { env, cwd, timeoutMs: 110_000 });
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

/** The folder the commands of a block run in, with what they name. */
async function besideTree(tree: Tree, { commands }: Pick<Block, 'commands'>): Promise<string> {
  const cwd = join(tree.outside, 'work');
  mkdirSync(cwd, { mode: 0o755 });
  symlinkSync(join(ROOT, 'snapshots'), join(cwd, 'snapshots'));
  const text = commands.join('\n');
  if (text.includes('web-01.json')) {
    expect((await harden(['record', '--root', tree.root, '-o', join(cwd, 'web-01.json')])).code).toBe(0);
  }
  if (text.includes('--sign')) {
    const key = join(tree.outside, '.ssh/id_ed25519');
    mkdirSync(join(tree.outside, '.ssh'), { mode: 0o700 });
    expect((await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])).code).toBe(0);
    const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
    writeFileSync(join(tree.outside, 'signers'), `ann@example.org namespaces="harden-plan" ${stdout}`, { mode: 0o644 });
  }
  return cwd;
}

/** What of an npm, npx or node command is not there. */
function missingPart(command: string): readonly string[] {
  const [program, ...words] = command.split(/\s+/);
  if (program === 'npm') {
    const name = words.find((word) => word !== 'run') ?? '';
    return name === 'ci' || Object.hasOwn(manifest.scripts, name) ? [] : [command];
  }
  return words
    .filter((word) => word.includes('/') && !existsSync(join(ROOT, word)))
    .map((word) => `${command}: ${word}`);
}

async function readAsShown(tree: Tree, body: string): Promise<void> {
  const file = join(tree.outside, 'web.json5');
  writeFileSync(file, body, { mode: 0o644 });
  const taken = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await harden(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  if (body.includes('urn:harden:config:1')) {
    await taken('plan', ...FROM, '--config', file);
  } else if (body.includes('urn:harden:waiver:1')) {
    await taken('waiver', 'list', ...FROM, '--waivers', file);
  } else if (body.includes('urn:harden:health:1')) {
    expect(readHealthFiles([{ path: absPath(file), text: body }]).length).toBeGreaterThan(1);
  } else if (body.includes('benchmark:')) {
    await taken('plan', ...FROM, '-p', file);
  } else {
    readRemediations(body);
  }
}

/** A whole remediation, or wanted states, one a line, in place of those of a shipped remediation of the same type. */
function readRemediations(body: string): void {
  const lines = body.split('\n').filter((line) => line !== '');
  const files = body.includes('control:')
    ? [['docker/daemon/icc-disabled.json5', body] as const]
    : lines.map((line) => {
        const [type = ''] = /type: '[\w-]+'/.exec(line) ?? [];
        const [name = '', shipped = ''] = Object.entries(shippedFiles).find(([, text]) => text.includes(type)) ?? [];
        return [name, shipped.replace(/desired: \[[\s\S]*?\],?\n/, `desired: [${line}],\n`)] as const;
      });
  expect(files.length).toBeGreaterThan(0);
  for (const [name, text] of files) {
    expect(shippedFiles).toHaveProperty([name]);
    expect(text).not.toBe(shippedFiles[name]);
    expect(loadCatalogue({ ...shippedFiles, [name]: text }, RESOURCE_TYPES).remediations.length).toBeGreaterThan(60);
  }
}
