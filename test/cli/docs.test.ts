import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, PLAIN_ENV, run } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

/**
 * Every command in a fenced block of the documents is run. The word after the language says where:
 * ```sh host=sample  in the project's folder; `harden` means a folder taken as `/` with docker-ce in it, made anew for each block,
 *                    unless the command names a recording; `sudo` is left out
 * ```sh host=none    in the project's folder as it stands, but without `npm ci`, which would pull the floor from under the tests
 * ```sh host=build   not run, since the tests are run by it or need what it makes: its scripts have to be in package.json
 * ```sh host=real    not run here, since it wants a machine of its own: its commands and options have to be in the help
 * `exit=N` says with which code the block ends; 0 where it is not said. A `console` block is run by its lines that begin with
 * `$ ` or `# `; other lines are what it prints.
 */
interface Block {
  readonly file: string;
  readonly line: number;
  readonly host: string | undefined;
  readonly exit: number;
  readonly commands: readonly string[];
}

const ROOT = join(import.meta.dirname, '../..');
const HOSTS = ['sample', 'none', 'build', 'real'];
/** With the two settings whose risk a folder cannot judge made already. */
const SAMPLE = { ...DOCKER_CE, '/etc/docker/daemon.json': '{ "icc": false, "userland-proxy": false }\n' };
const blocks = documents().flatMap((file) => blocksOf(file));

test('every block with commands says on which host it runs', () => {
  const silent = blocks.filter(({ host }) => host === undefined || !HOSTS.includes(host));
  expect(silent.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
});

describe.runIf(canOwn())('commands of the documents', () => {
  const runnable = blocks.filter(({ host }) => host === 'sample' || host === 'none');
  for (const block of runnable) {
    test(`${block.file}:${block.line}`, { timeout: 120_000 }, async () => {
      const { code, stdout, stderr } = await runBlock(block);
      expect(code, `${block.commands.join('\n')}\n${stdout}${stderr}`).toBe(block.exit);
    });
  }
  test('the blocks of this project are found', () => {
    expect(
      blocksIn(
        'x.md',
        'a\n```sh host=sample exit=2\nharden verify\n```\n```console host=none\n$ harden --version\n0.1.0\n```\n```json\n{}\n```\n',
      ),
    ).toEqual([
      { file: 'x.md', line: 2, host: 'sample', exit: 2, commands: ['harden verify'] },
      { file: 'x.md', line: 5, host: 'none', exit: 0, commands: ['harden --version'] },
    ]);
  });
});

test.each(commandsOn('build'))('%s: the script is there', (command) => {
  const scripts = command.split(/\s*&&\s*/).map((part) => /^npm (?:run )?([\w:-]+)$/.exec(part)?.[1] ?? part);
  expect(scripts.filter((name) => name !== 'ci' && !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});

test.each(commandsOn('real').filter((command) => /^(?:sudo )?harden /.test(command)))(
  '%s: command and options are there',
  async (command) => {
    const words = command
      .replace(/^sudo /, '')
      .split(/\s+/)
      .slice(1);
    const verb = words.slice(0, ['snapshot', 'waiver'].includes(words[0] ?? '') ? 2 : 1);
    const { code, stdout } = await run(HARDEN, [...verb, '--help']);
    expect(code).toBe(0);
    const options = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0] ?? word);
    expect(options.filter((option) => !new RegExp(`(?:^|[ ,])${option}\\b`, 'm').test(stdout))).toEqual([]);
  },
);

function commandsOn(host: string): readonly string[] {
  return blocks.filter((block) => block.host === host).flatMap(({ commands }) => commands);
}

async function runBlock({ host, commands }: Block) {
  const bin = mkdtempSync(join(tmpdir(), 'harden-docs-'));
  try {
    symlinkSync(HARDEN, join(bin, 'harden'));
    const env = { ...PLAIN_ENV, PATH: `${bin}:${join(ROOT, 'node_modules/.bin')}:${PLAIN_ENV['PATH'] ?? ''}` };
    using tree = plantTree(SAMPLE);
    const onTree = `harden() {
      case " $* " in *" --from "*) command harden "$@"; return ;; esac
      command harden "$@" --root '${tree.root}'
    }
    sudo() { "$@"; }`;
    const script = `set -e\n${host === 'sample' ? onTree : ''}\n${commands.join('\n').replaceAll('npm ci && ', '')}\n`;
    return await run('sh', ['-c', script], { env, cwd: ROOT, timeoutMs: 110_000 });
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

function documents(): readonly string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return [...top, ...docs].sort();
}

function blocksOf(file: string): readonly Block[] {
  return blocksIn(file, readFileSync(join(ROOT, file), 'utf8'));
}

function blocksIn(file: string, text: string): readonly Block[] {
  const found: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, language = '', words = ''] = /^( *`{3,}|~{3,}) *(\w*)(.*)$/.exec(lines[at] ?? '') ?? [];
    if (fence === undefined) {
      continue;
    }
    const end = lines.findIndex(
      (line, index) => index > at && line.startsWith(fence.trimEnd()) && line.trim() === fence.trim(),
    );
    const body = lines.slice(at + 1, end === -1 ? undefined : end);
    if (language === 'sh' || language === 'console') {
      found.push(blockOf({ file, line: at + 1, words, console: language === 'console' }, body));
    }
    at = end === -1 ? lines.length : end;
  }
  return found;
}

interface Opening {
  readonly file: string;
  readonly line: number;
  readonly words: string;
  readonly console: boolean;
}

function blockOf({ file, line, words, console: isConsole }: Opening, body: readonly string[]): Block {
  return {
    file,
    line,
    host: /\bhost=(\w+)/.exec(words)?.[1],
    exit: Number(/\bexit=(\d+)/.exec(words)?.[1] ?? 0),
    commands: isConsole
      ? body.flatMap((one) => /^[$#] (.*)$/.exec(one)?.[1] ?? [])
      : body.filter((one) => one.trim() !== ''),
  };
}
