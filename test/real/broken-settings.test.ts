import { describe, expect, test } from 'vitest';
import { expectError } from '../helpers/error-shape.ts';
import { day } from '../helpers/waiver-files.ts';
import { WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { type TestHost, realHosts, throwawayHost } from './throwaway-host.ts';

const AT = '/etc/harden';
const CONFIG = "{\n  schema: 'urn:harden:config:1',\n";
const HEALTH = "{\n  schema: 'urn:harden:health:1',\n  checks: [\n";
const WAIVER = "{\n  schema: 'urn:harden:waiver:1',\n  waivers: [\n";
const PROFILE = "{\n  name: 'site',\n  title: 'of the site',\n  benchmark: 'cis-docker-1.8.0',\n  level: 1,\n";

interface Row {
  readonly what: string;
  readonly text: string;
  readonly says: readonly string[];
  readonly mode?: number;
  readonly owner?: string;
}

interface Border {
  readonly file: string;
  readonly args?: readonly string[];
  readonly rows: readonly Row[];
}

/** A file others than root could have written is no input at all, whatever it says. */
const foreign = (text: string): readonly Row[] => [
  { what: 'that everybody may write to', text, mode: 0o666, says: ['can be written by others than root'] },
  { what: 'of somebody else', text, owner: '1000', says: ['does not belong to root'] },
];

const BORDERS: readonly Border[] = [
  {
    file: `${AT}/conf.d/50-site.json5`,
    rows: [
      { what: 'with a misspelt key', text: `${CONFIG}  maxRsk: 'low',\n}`, says: ['line 3, column 3', '"maxRisk"'] },
      { what: 'with a value that is none', text: `${CONFIG}  maxImpact: 'much',\n}`, says: ['line 3, column 14'] },
      { what: 'that is not whole', text: `${CONFIG}  maxRisk:`, says: ['line 3', 'not JSON5'] },
      { what: 'with a key twice', text: `${CONFIG}  width: 80,\n  width: 90,\n}`, says: ['line 4, column 3'] },
      { what: 'that is empty', text: '', says: ['line 1, column 1'] },
      ...foreign(`${CONFIG}}`),
    ],
  },
  {
    file: `${AT}/health.d/10-shop.json5`,
    rows: [
      {
        what: 'with a misspelt key',
        text: `${HEALTH}    { name: 'shop', tcp: '127.0.0.1:80', timout: 5 },\n  ],\n}`,
        says: ['line 4, column 42', 'did you mean "timeout"?'],
      },
      {
        what: 'with a port that is none',
        text: `${HEALTH}    { name: 'shop', tcp: '127.0.0.1:http' },\n  ],\n}`,
        says: ['line 4'],
      },
      { what: 'that is not whole', text: `${HEALTH}    { name: `, says: ['line 4', 'not JSON5'] },
      {
        what: 'with a name twice',
        text: `${HEALTH}    { name: 'a', tcp: '127.0.0.1:1' },\n    { name: 'a', tcp: '127.0.0.1:2' },\n  ],\n}`,
        says: ['line 5, column 13', 'a check named "a" is there already'],
      },
      ...foreign(`${HEALTH}  ],\n}`),
    ],
  },
  {
    file: `${AT}/waivers.d/site.json5`,
    rows: [
      {
        what: 'with a misspelt control',
        text: `${WAIVER}    { control: 'icc-disabld', reason: 'r', owner: 'o', until: '${day(60)}' },\n  ],\n}`,
        says: ['line 4, column 16', 'did you mean "icc-disabled"?'],
      },
      {
        what: 'with a day there is not',
        text: `${WAIVER}    { control: '2.2', reason: 'r', owner: 'o', until: '2026-02-30' },\n  ],\n}`,
        says: ['line 4', 'until" must be a day'],
      },
      { what: 'that is not whole', text: `${WAIVER}    {`, says: ['line 4', 'not JSON5'] },
      ...foreign(`${WAIVER}  ],\n}`),
    ],
  },
  {
    file: `${AT}/profiles.d/site.json5`,
    args: ['-p', 'site'],
    rows: [
      { what: 'with a misspelt key', text: `${PROFILE}  inclde: ['2.2'],\n}`, says: ['line 6, column 3', '"include"'] },
      {
        what: 'with a misspelt control',
        text: `${PROFILE}  include: ['icc-disabld'],\n}`,
        says: ['line 6, column 13'],
      },
      { what: 'that is not whole', text: `${PROFILE}  exclude: [`, says: ['line 6', 'not JSON5'] },
      ...foreign(`${PROFILE}}`),
    ],
  },
];

async function written(host: TestHost, file: string, { text, mode = 0o644, owner = '0' }: Row): Promise<void> {
  await host.check(`rm -rf ${AT}`);
  await host.write(file, text, mode);
  await host.check(
    `chown -R 0:0 ${AT}; chmod go-w $(dirname ${file}) ${AT}; chown ${owner} ${file}; chmod ${mode.toString(8)} ${file}`,
  );
}

describe.runIf(realHosts('trixie'))('what stands broken in /etc/harden', () => {
  test.each(BORDERS)(
    '$file: told with its place, exit 65 for plan and apply, nothing is written',
    async ({ file, args = [], rows }) => {
      await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
      for (const row of rows) {
        await written(host, file, row);
        const before = await host.layer();
        for (const command of [['apply', '--yes', '--max-risk', 'high', '--max-impact', 'restart'], ['plan']]) {
          const result = await harden(host, [...command, '-c', '2.2', ...args]);
          if (file.includes('health.d') && command[0] === 'plan') {
            // A plan runs no checks.
            expect(result.code, row.what).toBe(0);
            continue;
          }
          expectError(result, { code: 65, id: /^H\d{4}$/, says: [file, ...row.says] });
        }
        expect(layerChanges(before, await host.layer()), row.what).toEqual([]);
      }
    },
  );

  test('hooks are told with why they are not run, and decide nothing', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    const folder = `${AT}/hooks.d/plan`;
    const good = '#!/bin/sh\nexit 0\n';
    for (const name of ['10-theirs', '20-open', '60-none']) {
      await host.write(`${folder}/${name}`, name === '60-none' ? '#!/no/such/program\n' : good, 0o755);
    }
    await host.check(
      `chown -R 0:0 ${AT}; chmod -R go-w ${AT}; cd ${folder}; chown 1000 10-theirs; chmod 0777 20-open; ln -s /bin/true 30-link; mkdir 40-folder; mkfifo 50-fifo`,
    );
    const before = await host.layer();
    const { code, stderr } = await harden(host, ['plan', '-c', '2.2']);
    expect(code).toBe(0);
    const said = stderr.replaceAll(/\s+/g, ' ');
    for (const words of [
      '10-theirs was not run: .*does not belong to root',
      '20-open was not run: .*can be written by others than root',
      '30-link was not run: it is a symlink',
      '40-folder was not run: it is a directory',
      '50-fifo was not run: it is a fifo',
      '60-none',
    ]) {
      expect(said).toMatch(new RegExp(words));
    }
    expect(layerChanges(before, await host.layer())).toEqual([]);
  });
});
