import { type Inode, type MemoryDisk, memoryDisk, settle } from '../../src/host/memory-disk.ts';
import { type MemorySys, memorySys } from '../../src/host/memory-sys.ts';
import { lookUp } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import type { Command, CommandOutcome } from '../../src/model/host.ts';

/** A disk and what runs beside it: the kernel's rules and the configuration the daemon has loaded. */
export interface World {
  readonly disk: MemoryDisk;
  readonly rules: Set<string>;
  loaded: string;
  /** Fails the next activations whose number (from 0) is in it. */
  readonly refusedActivations: Set<number>;
  activations: number;
}

export const DAEMON_JSON = absPath('/etc/docker/daemon.json');

export function emptyWorld(): World {
  return { disk: memoryDisk(), rules: new Set(), loaded: '', refusedActivations: new Set(), activations: 0 };
}

/** A new process in the world. */
export function processIn(world: World): MemorySys {
  return memorySys(world.disk, { run: (command) => runIn(world, command) });
}

function runIn(world: World, command: Command): CommandOutcome {
  const answer = (code: number): CommandOutcome => ({
    type: 'exited',
    code,
    stdout: '',
    stderr: code === 0 ? '' : 'refused',
  });
  if (command.tool === 'systemctl') {
    const number = world.activations;
    world.activations += 1;
    if (world.refusedActivations.has(number)) {
      return answer(1);
    }
    world.loaded = text(lookUp(world.disk, DAEMON_JSON));
    return answer(0);
  }
  const [flag = '', rule = ''] = command.args;
  if (flag === '-a') {
    world.rules.add(rule);
    return answer(0);
  }
  return answer(world.rules.delete(rule) ? 0 : 255);
}

function text(inode: Inode | undefined): string {
  return inode === undefined ? '' : new TextDecoder().decode(inode.data);
}

export function cloneWorld(world: World): World {
  const { disk } = world;
  const copies = new Map<Inode, Inode>();
  const copy = (inode: Inode): Inode => {
    const known = copies.get(inode);
    if (known !== undefined) {
      return known;
    }
    const made: Inode = { ...inode, entries: new Map(), durable: inode.durable };
    copies.set(inode, made);
    inode.entries.forEach((child, name) => made.entries.set(name, copy(child)));
    made.durable = {
      ...inode.durable,
      entries: new Map([...inode.durable.entries].map(([name, child]) => [name, copy(child)])),
    };
    return made;
  };
  const root = copy(disk.root);
  return {
    disk: {
      root,
      locks: new Map(),
      moves: disk.moves.map(([from, to]): [Inode, Inode] => [copy(from), copy(to)]),
      clock: disk.clock,
      lastIno: disk.lastIno,
    },
    rules: new Set(world.rules),
    loaded: world.loaded,
    refusedActivations: new Set(world.refusedActivations),
    activations: world.activations,
  };
}

/**
 * What the disk holds after a power cut: for each object `current()` tells whether what was not synced reached it.
 * Directories between which an entry moved share their fate, as with any journalling file system. Data may be torn by sector.
 */
export function cutPower(world: World, current: () => boolean): void {
  const seen = new Set<Inode>();
  const fate = new Map<Inode, boolean>();
  for (const [from, to] of world.disk.moves) {
    const reached = fate.get(from) ?? fate.get(to) ?? current();
    fate.set(from, reached);
    fate.set(to, reached);
  }
  const settleOne = (inode: Inode): void => {
    if (seen.has(inode)) {
      return;
    }
    seen.add(inode);
    const { durable } = inode;
    if (!(fate.get(inode) ?? current())) {
      inode.entries.clear();
      durable.entries.forEach((child, name) => inode.entries.set(name, child));
    }
    if (!current()) {
      const { mode, uid, gid, extended, mtime } = durable;
      Object.assign(inode, { mode, uid, gid, extended, mtime });
    }
    inode.data = torn(durable.data, inode.data, current);
    inode.entries.forEach(settleOne);
  };
  settleOne(world.disk.root);
  world.disk.moves.length = 0;
  world.disk.locks.clear();
  recount(world.disk.root);
  world.rules.clear();
}

function torn(old: Uint8Array, now: Uint8Array, current: () => boolean): Uint8Array {
  if (old.length !== now.length) {
    return current() ? now : old;
  }
  const mixed = old.slice();
  for (let sector = 0; sector < now.length; sector += 512) {
    const part = now.subarray(sector, sector + 512);
    if (Buffer.compare(part, old.subarray(sector, sector + 512)) !== 0 && current()) {
      mixed.set(part, sector);
    }
  }
  return mixed;
}

function recount(root: Inode): void {
  const links = new Map<Inode, number>();
  const visit = (inode: Inode): void => {
    settle(inode);
    inode.entries.forEach((child) => {
      const before = links.get(child) ?? 0;
      links.set(child, before + 1);
      if (before === 0) {
        visit(child);
      }
    });
  };
  visit(root);
  links.forEach((count, inode) => {
    if (inode.type !== 'directory') {
      inode.nlink = count;
    }
  });
}

/** All objects but those below `without`: type, access, content, attributes, inode and, for files, the mtime. */
export function describeTree(world: World, without: readonly string[]): Readonly<Record<string, string>> {
  const lines: Record<string, string> = {};
  const visit = (inode: Inode, path: string): void => {
    if (without.includes(path)) {
      return;
    }
    const { type, mode, uid, gid, extended, mtime, nlink, ino } = inode;
    const own = type === 'directory' ? `${ino}` : `${ino} ${mtime} ${nlink} ${extended} ${text(inode)}`;
    lines[path] = `${type} ${mode.toString(8)} ${uid}:${gid} ${own}`;
    for (const name of [...inode.entries.keys()].sort()) {
      visit(inode.entries.get(name) ?? inode, `${path}/${name}`);
    }
  };
  visit(world.disk.root, '');
  return lines;
}
