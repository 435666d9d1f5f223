import { describe, expect, it } from 'vitest';
import { type CommandPlace, LOOK_NAMES, SAME_AGAIN, atPlace } from '../../../src/model/command-place.ts';
import { commandsIn } from '../../../src/cli/command-table.ts';
import { programTable } from '../../../src/cli/main.ts';
import { EXIT, HardenError } from '../../../src/model/errors.ts';
import { errorText } from '../../../src/render/error-text.ts';

const looked: CommandPlace['looked'] = [
  { name: 'profile', value: './my web.json5' },
  { name: 'control', value: '2.*' },
  { name: 'exclude', value: '2.17' },
  { name: 'config', value: '/srv/h.json5' },
];
const LOOKED = "-p './my web.json5' -c '2.*' -x 2.17 --config /srv/h.json5";
const from: CommandPlace = { looked: [{ name: 'from', value: 'web.json' }], line: ['plan', '--from', 'web.json'] };
const applying: CommandPlace = { looked, root: '/r', line: ['apply', '-c', '2.*', '-x2.17', '--yes', '--root=/r'] };
const filed: CommandPlace = {
  looked: [{ name: 'waivers', value: '/w' }],
  line: ['apply', 'plan.json', '--waivers', '/w', '--yes'],
};

describe('a command that is proposed looks at what the one that runs looked at', () => {
  it.each<readonly [string, CommandPlace, string]>([
    ['harden plan', { looked }, `harden plan ${LOOKED}`],
    ['Next: harden plan, which shows it.', { looked }, `Next: harden plan ${LOOKED}, which shows it.`],
    ['harden plan -o FILE; harden status', { looked }, `harden plan ${LOOKED} -o FILE; harden status`],
    ['harden plan -x 1.1', { looked }, `harden plan ${LOOKED} -x 1.1`],
    [
      'harden plan -p web --exclude=2.17',
      { looked },
      "harden plan -c '2.*' --config /srv/h.json5 -p web --exclude=2.17",
    ],
    ["harden apply -c '2.*' -x 2.17 --yes", { looked: looked.slice(1, 3) }, "harden apply -c '2.*' -x 2.17 --yes"],
    ['harden verify; harden confirm', { looked }, `harden verify ${LOOKED}; harden confirm`],
    ['harden plan', from, 'harden plan --from web.json'],
    ['harden verify', from, 'harden verify --from web.json'],
    ['harden apply', from, 'harden apply'],
    [
      'harden apply FILE --approve DIGEST',
      { looked },
      "harden apply -p './my web.json5' --config /srv/h.json5 FILE --approve DIGEST",
    ],
    ['sudo harden apply --at never', { looked }, 'sudo harden apply --at never'],
    ['Usage: harden apply --help', { looked, root: '/r' }, 'Usage: harden apply --help'],
    [
      'then: harden apply',
      applying,
      "then: harden apply -p './my web.json5' --config /srv/h.json5 -c '2.*' -x2.17 --yes --root=/r",
    ],
    ['harden plan', applying, `harden plan --root /r ${LOOKED}`],
    ['then: harden apply', filed, 'then: harden apply plan.json --waivers /w --yes'],
    ['harden apply plan.json --waivers /w --approve 1', filed, 'harden apply plan.json --waivers /w --approve 1'],
    [`sudo ${SAME_AGAIN}; or`, filed, 'sudo harden apply plan.json --waivers /w --yes; or'],
    [
      `sudo ${SAME_AGAIN}`,
      { line: ['waiver', 'add', '--reason', "it's so"] },
      String.raw`sudo harden waiver add --reason 'it'\''s so'`,
    ],
    [
      `sudo ${SAME_AGAIN}`,
      { line: ['history', 'list', '--json'], stateDir: '/s' },
      'sudo harden history list --state-dir /s --json',
    ],
    [
      `sudo ${SAME_AGAIN}`,
      { line: ['recover', '--state-dir', '/s'], stateDir: '/s' },
      'sudo harden recover --state-dir /s',
    ],
  ])('%s', (text, place, expected) => {
    expect(atPlace(text, place)).toBe(expected);
  });

  it('has no option that plan does not know, nor verify', async () => {
    const commands = new Map(commandsIn(await programTable()).map(({ path, options }) => [path.join(' '), options]));
    const everywhere = ['config'];
    for (const verb of ['plan', 'verify']) {
      const known = [...everywhere, ...(commands.get(verb) ?? []).map(({ name }) => name)];
      expect(LOOK_NAMES.filter((name) => !known.includes(name))).toEqual([]);
    }
  });
});

describe('somebody who is not root', () => {
  const error = new HardenError({ code: 'H2101', exit: EXIT.noPrivilege, message: 'not yours', hint: 'Or elsewhere.' });
  const wide = { width: 1000, colour: false };

  it('is told the very command as root, once', () => {
    const place: CommandPlace = { line: ['status', '--json'], asRoot: true };
    expect(errorText(error, wide, place)).toContain('\n  As root: sudo harden status --json\n');
    const said = new HardenError({ code: 'H0077', exit: EXIT.noPrivilege, message: 'x', hint: `sudo ${SAME_AGAIN}` });
    expect(errorText(said, wide, place).match(/sudo/g)).toHaveLength(1);
  });

  it('root is not', () => {
    expect(errorText(error, wide, { line: ['status'] })).not.toContain('sudo');
  });
});
