import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import type { Cast, CastEvent } from '../../scripts/session-cast.ts';
import { Screen } from '../../scripts/terminal-screen.ts';
import { WITH_HARDEN } from './built-harden.ts';
import { runContainers } from './systemd-parts.ts';
import { systemdHost } from './throwaway-host.ts';

const SIZE = { columns: 80, rows: 32 };
const SHELL = /# $/;
const ENTER = '\r';
const DOWN = '\u001b[B';

/** Keys that are typed once `after` is the end of what the screen shows. */
interface Scene {
  readonly after: RegExp;
  readonly keys: string;
  /** As somebody who reads: milliseconds before typing. */
  readonly reads: number;
}

const command = (text: string, reads = 1500): Scene => ({ after: SHELL, keys: `${text}${ENTER}`, reads });
const answer = (after: RegExp, keys: string): Scene => ({ after, keys, reads: 1200 });

/** The whole interface once round: look, ask why, choose and apply, hold it against the profile, take it back. */
const SCENES: readonly Scene[] = [
  command('harden plan -c 2.2,2.15-2.17', 500),
  command('harden explain 2.2', 2000),
  command('harden apply -c 2.2,2.15-2.17', 2000),
  answer(/\(none\)\s*$/, `select${ENTER}`),
  answer(/q back\s*$/, DOWN),
  answer(/q back\s*$/, ' '),
  answer(/now 3 of 4[\s\S]*q back\s*$/, ENTER),
  answer(/Apply these 3[\s\S]*\(none\)\s*$/, `these${ENTER}`),
  answer(/type: cut\s*$/, `cut${ENTER}`),
  command('harden verify -c 2.15-2.17'),
  command('harden plan -c 2.15-2.17'),
  command('harden rollback', 2000),
  answer(/yes \/ no[\s\S]*\(no\)\s*$/, `yes${ENTER}`),
  answer(/type: restart\s*$/, `restart${ENTER}`),
  command('exit', 1500),
];

/** Carries it out on a Debian 13 host with systemd and three containers, at a pseudo-terminal. */
export async function recordSession(): Promise<Cast> {
  await using host = await systemdHost('trixie', { binds: WITH_HARDEN, hostname: 'web-01' });
  await runContainers(host);
  await host.check(`
    set -e
    hostname web-01
    docker rename web shop-web; docker rename always shop-db; docker rename plain worker
    ln -s /run/built/harden /usr/local/sbin/harden`);
  const env = ['env', '-i', 'TERM=xterm-256color', 'LANG=C.UTF-8', 'HOME=/root', 'PAGER=cat', 'PS1=# '];
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const shell = [...env, path, 'bash', '--norc'].map((word) => `'${word}'`).join(' ');
  const events = await typed(`stty cols ${SIZE.columns} rows ${SIZE.rows}; exec nsenter -t ${host.pid} -a -- ${shell}`);
  return { ...SIZE, title: 'harden: plan, explain, apply with a choice, verify, roll back', events };
}

/** What the session said, with times and ids masked: the same where the product says the same. */
export function sessionLines(cast: Cast): readonly string[] {
  const screen = new Screen(cast);
  cast.events.forEach(({ text }) => screen.write(text));
  return screen.text().map((line) =>
    line
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '<time>')
      .replaceAll(/\b(?=\w*\d)[0-9a-f]{8}\b/g, '<id>')
      .replaceAll(/\b\d+(?:\.\d+)? (?:s|B|KB|bytes)\b/g, '<amount>'),
  );
}

function typed(shell: string): Promise<readonly CastEvent[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', shell, '/dev/null'], {
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', SHELL: '/bin/sh' },
      stdio: 'pipe',
    });
    const start = performance.now();
    const events: CastEvent[] = [];
    const scenes = [...SCENES];
    let since = '';
    let waiting = false;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the session stands still; ${scenes.length} scenes to go, it shows:\n${since}`));
    }, 180_000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      events.push({ at: (performance.now() - start) / 1000, text });
      since += text;
      const [scene] = scenes;
      if (!waiting && scene?.after.test(stripVTControlCharacters(since)) === true) {
        waiting = true;
        setTimeout(() => {
          waiting = false;
          since = '';
          scenes.shift();
          child.stdin.write(scene.keys);
        }, scene.reads);
      }
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(events);
    });
  });
}
