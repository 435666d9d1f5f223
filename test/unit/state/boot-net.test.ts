import { describe, expect, it } from 'vitest';
import { put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { OwnProgram } from '../../../src/model/revert-clock.ts';
import type { Sys } from '../../../src/model/sys.ts';
import { type BootNet, bootUnit, layBootNet, removeBootNet } from '../../../src/state/boot-net.ts';
import type { Targets } from '../../../src/state/walk.ts';
import { Killed, MUTATING, errno, faultySys } from '../../support/faulty-sys.ts';
import { type World, describeTree, emptyWorld, processIn } from '../../support/memory-world.ts';

const UNITS = '/etc/systemd/system';
const UNIT = `${UNITS}/harden-recover.service`;
const FOLDER = `${UNITS}/sysinit.target.d`;
const PROGRAM: OwnProgram = { argv: ['/usr/local/sbin/harden'], unsafe: undefined };
const NET: BootNet = { program: PROGRAM, stateDir: absPath('/var/lib/harden'), where: [] };

function world(): World {
  const made = emptyWorld();
  put(made.disk, absPath(UNITS), 'directory');
  return made;
}

function targets(sys: Sys): Targets {
  return { sys, trust: 'strict' };
}

/** But for inodes: names and what is in them. */
function tree(one: World): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(describeTree(one, [])).map(([path, line]) => {
      const [type = '', mode = '', owner = '', , ...rest] = line.split(' ');
      return [
        path,
        type === 'directory' ? `${type} ${mode} ${owner}` : [type, mode, owner, ...rest.slice(1)].join(' '),
      ];
    }),
  );
}

function worldWithFolder(): World {
  const made = world();
  put(made.disk, absPath(`${FOLDER}/site.conf`), 'file', { content: '[Unit]\n' });
  return made;
}

describe('the net for the next boot', () => {
  it('of a run with another state folder stays, and no other is laid over it', () => {
    const one = world();
    const other = { ...NET, where: ['--state-dir', '/srv/h'] };
    layBootNet(targets(processIn(one)), other);
    const laid = tree(one);
    expect(removeBootNet(targets(processIn(one)), NET.where)).toBeUndefined();
    expect(layBootNet(targets(processIn(one)), NET)).toContain('another state folder');
    expect(tree(one)).toEqual(laid);
    removeBootNet(targets(processIn(one)), other.where);
    expect(tree(one)).toEqual(tree(world()));
  });

  it('is two files that everybody may read, and nothing is left of it afterwards', () => {
    const one = world();
    const before = tree(one);
    const sys = processIn(one);
    expect(layBootNet(targets(sys), NET)).toBeUndefined();
    const laid = tree(one);
    expect(Object.keys(laid).filter((path) => !(path in before))).toEqual([
      UNIT,
      FOLDER,
      `${FOLDER}/harden-recover.conf`,
    ]);
    expect(laid[UNIT]).toContain('644');
    expect(laid[`${FOLDER}/harden-recover.conf`]).toContain('Wants=harden-recover.service');
    expect(layBootNet(targets(sys), NET)).toBeUndefined();
    expect(tree(one)[UNIT]?.replace(/ \d+ /, ' ')).toBe(laid[UNIT]?.replace(/ \d+ /, ' '));
    expect(removeBootNet(targets(sys), NET.where)).toBeUndefined();
    expect(tree(one)).toEqual(before);
    expect(sys.openDescriptors()).toBe(0);
  });

  it.each([
    ['made with it', world],
    ['there before it', worldWithFolder],
  ])('is gone after any kill while it was laid or taken away, and the next removal; its folder is %s', (_, make) => {
    const work = (sys: Sys): void => {
      layBootNet(targets(sys), NET);
      removeBootNet(targets(sys), NET.where);
    };
    const whole = faultySys(processIn(make()), { counted: MUTATING, before: () => undefined });
    work(whole.sys);
    const count = whole.count();
    expect(count).toBeGreaterThan(10);
    for (let at = 0; at < count; at += 1) {
      const one = make();
      const before = tree(one);
      const { sys } = faultySys(processIn(one), {
        counted: MUTATING,
        before: (number) => {
          if (number === at) {
            throw new Killed();
          }
        },
      });
      try {
        work(sys);
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
      }
      expect(removeBootNet(targets(processIn(one)), NET.where)).toBeUndefined();
      expect(tree(one), `killed at ${at}`).toEqual(before);
    }
  });

  it('that cannot be laid says why, and is gone with the next removal', () => {
    const count = counted((sys) => layBootNet(targets(sys), NET));
    for (let at = 0; at < count; at += 1) {
      const one = world();
      const before = tree(one);
      const { sys } = faultySys(processIn(one), {
        counted: MUTATING,
        before: (number) => {
          if (number === at) {
            throw errno('ENOSPC');
          }
        },
      });
      expect(layBootNet(targets(sys), NET), `ENOSPC at ${at}`).toMatch(/no space/);
      expect(removeBootNet(targets(processIn(one)), NET.where)).toBeUndefined();
      expect(tree(one), `ENOSPC at ${at}`).toEqual(before);
    }
  });

  it.each([
    ['a unit of that name', UNIT, '[Unit]\n'],
    ['a drop-in of that name', `${FOLDER}/harden-recover.conf`, '[Unit]\n'],
  ])("is not laid over somebody else's: %s", (_, path, content) => {
    const one = world();
    put(one.disk, absPath(path), 'file', { content });
    const before = tree(one);
    expect(layBootNet(targets(processIn(one)), NET)).toContain("somebody else's");
    expect(removeBootNet(targets(processIn(one)), NET.where)).toBeUndefined();
    expect(tree(one)).toEqual(before);
  });

  it('goes into a folder that is there, and leaves that and what else is in it', () => {
    const one = world();
    put(one.disk, absPath(`${FOLDER}/site.conf`), 'file', { content: '[Unit]\n' });
    const before = tree(one);
    expect(layBootNet(targets(processIn(one)), NET)).toBeUndefined();
    expect(tree(one)[`${FOLDER}/harden-recover.conf`]).toBeDefined();
    expect(removeBootNet(targets(processIn(one)), NET.where)).toBeUndefined();
    expect(tree(one)).toEqual(before);

    const other = world();
    layBootNet(targets(processIn(other)), NET);
    put(other.disk, absPath(`${FOLDER}/site.conf`), 'file', { content: '[Unit]\n' });
    removeBootNet(targets(processIn(other)), NET.where);
    expect(Object.keys(tree(other)).filter((path) => path.startsWith(FOLDER))).toEqual([FOLDER, `${FOLDER}/site.conf`]);
  });

  it('is left to the package that brings one, and not laid for a program others could change', () => {
    const one = world();
    put(one.disk, absPath('/usr/lib/systemd/system/harden-recover.service'), 'file', { content: '[Unit]\n' });
    const before = tree(one);
    expect(layBootNet(targets(processIn(one)), NET)).toBeUndefined();
    const unsafe = { reason: '/opt belongs to user 7', mend: 'install x' };
    expect(layBootNet(targets(processIn(one)), { ...NET, program: { ...PROGRAM, unsafe } })).toBe(
      '/opt belongs to user 7; to mend it: install x',
    );
    expect(tree(one)).toEqual(before);
  });

  it('starts the program with its arguments as they are', () => {
    const odd: BootNet = {
      ...NET,
      program: { ...PROGRAM, argv: ['/opt/a "b" 100%/$x/n', 's\\t'] },
      where: ['--state-dir', '/s p'],
    };
    expect(bootUnit(odd)).toContain(
      String.raw`ExecStart="/opt/a \"b\" 100%%/$$x/n" "s\\t" "recover" "--boot" "--state-dir" "/s p"`,
    );
  });
});

function counted(work: (sys: Sys) => void): number {
  const faulty = faultySys(processIn(world()), { counted: MUTATING, before: () => undefined });
  work(faulty.sys);
  return faulty.count();
}
