import type { Machine } from '../machine/machine.ts';
import { HARDEN, lackingForMachines } from '../machine/prepared.ts';
import {
  APPLY,
  APPLY_PART,
  type Bench,
  type Point,
  beginApply,
  bench,
  failed,
  nothingToRecover,
  oldOrNew,
  reboot,
  runPoints,
  said,
} from './machine-bench.ts';
import { type Look, differences, lookAt } from './machine-look.ts';
import { droppedWrites } from './machine-flakey.ts';
import { otherReaders } from './machine-readers.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';

interface MachineMethod {
  readonly name: string;
  readonly rows: readonly string[];
  /** Of a full run; a quick one has none, since one boot alone takes half a minute. */
  readonly points: (its: Bench) => readonly Point[];
  readonly least: number;
}

const UNIT = 'harden-recover.service';

const METHODS: readonly MachineMethod[] = [
  { name: 'machine: cut', rows: ['T35', 'T98'], least: 50, points: (its) => times(50, () => cutSometime(its)) },
  {
    name: 'machine: cut in a restart',
    rows: ['T36'],
    least: 3,
    points: (its) => [0, 0.5, 3].map((after) => cutInRestart(its, after)),
  },
  { name: 'machine: cut, not kept', rows: ['T37'], least: 1, points: (its) => [cutBeforeKept(its)] },
  { name: 'machine: cut, committed', rows: ['T38'], least: 1, points: (its) => [cutAfterCommit(its)] },
  { name: 'machine: reboot -ff', rows: ['T39'], least: 3, points: (its) => times(3, () => rebootInside(its)) },
  { name: 'machine: dropped writes', rows: ['T40'], least: 20, points: (its) => [droppedWrites(its, 20)] },
  { name: 'machine: other readers', rows: ['T64'], least: 4, points: () => [otherReaders()] },
  { name: 'machine: audit locked', rows: ['T86'], least: 2, points: () => [auditLocked()] },
  { name: 'machine: no boot unit', rows: ['T88'], least: 1, points: (its) => [withoutBootUnit(its)] },
];

/** Virtual machines that boot, lose their power and boot again, with systemd, audit and Docker as Debian has them. */
export const MACHINE_METHODS: readonly CrashMethod[] = [
  {
    name: 'machine: reboot',
    rows: ['T60'],
    least: { quick: 0, full: 2 },
    missing: lackingForMachines,
    run: (effort) => inFull(effort, async () => (await bench()).reference()),
  },
  ...METHODS.map(({ name, rows, least, points }): CrashMethod => ({
    name,
    rows,
    least: { quick: 0, full: least },
    missing: lackingForMachines,
    run: (effort) =>
      inFull(effort, async () => {
        const its = await bench();
        return { points: least, violations: await runPoints(points(its), its) };
      }),
  })),
];

async function inFull(effort: Effort, run: () => Promise<MethodResult>): Promise<MethodResult> {
  return effort === 'full' ? run() : { points: 0, violations: [] };
}

function times<Result>(count: number, make: (index: number) => Result): readonly Result[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** At any moment from the start of the program to a little after its end. */
function cutSometime(its: Bench): Point {
  const share = its.random();
  return {
    what: `cut after ${percent(share)} of the time of an apply`,
    run: async (machine) => {
      const seconds = share * ((await its.reference()).applySeconds + 1);
      await machine.check(`${beginApply()}; sleep ${seconds.toFixed(3)}`, 600_000);
      return afterCut(machine, its);
    },
  };
}

async function afterCut(machine: Machine, its: Bench): Promise<readonly string[]> {
  const last = await said(machine);
  await machine.cut();
  await machine.powerOn();
  return (await oldOrNew(machine, its)).map((one) => `${one} (it had said: ${last})`);
}

/** Seconds after the old dockerd was gone. */
function cutInRestart(its: Bench, after: number): Point {
  return {
    what: `cut ${after} s after dockerd ended`,
    run: async (machine) => {
      await machine.check(
        `pid=$(pidof dockerd); ${beginApply()}; while kill -0 "$pid" 2>/dev/null && pidof harden >/dev/null; do sleep 0.02; done; ! kill -0 "$pid" 2>/dev/null; sleep ${after}`,
        600_000,
      );
      return afterCut(machine, its);
    },
  };
}

/** Nobody keeps it, so the next boot has the old state, before dockerd and auditd start. */
function cutBeforeKept(its: Bench): Point {
  return {
    what: 'cut while the apply waits to be kept',
    run: async (machine) => {
      const applied = failed(await machine.run(`${APPLY} --confirm-within 10m`, 600_000));
      const waits = differences(await lookAt(machine), (await its.reference()).old).length > 0;
      await machine.cut();
      await machine.powerOn();
      return [
        ...applied,
        ...(waits ? [] : ['nothing was changed by the apply']),
        ...differences(await lookAt(machine), (await its.reference()).old),
        ...(await nothingToRecover(machine)),
      ];
    },
  };
}

/** Stopped when the record is in the journal, which is then brought to the disk, so that it counts for sure. */
function cutAfterCommit(its: Bench): Point {
  const watch = String.raw`
    my $pid = fork;
    if ($pid == 0) { open STDOUT, ">/run/apply.log"; open STDERR, ">&STDOUT"; exec split / /, "${APPLY} --confirm-within never" }
    while (kill(0, $pid) && !waitpid($pid, 1)) {
      for my $path (glob "/var/lib/harden/tx/*/journal") {
        local $/;
        open my $journal, "<", $path or next;
        if (<$journal> =~ /"type":"commit"/) { kill STOP => $pid; system("sync", $path) == 0 and print "stopped" and exit; kill KILL => $pid; exit }
      }
      select undef, undef, undef, 0.004;
    }`;
  return {
    what: 'cut after COMMIT, before cleaning',
    run: async (machine) => {
      if ((await machine.check(`perl -e '${watch}'`, 600_000)) !== 'stopped') {
        return [`the moment was not met: ${await said(machine)}`];
      }
      await machine.cut();
      await machine.powerOn();
      return [...differences(await lookAt(machine), (await its.reference()).new), ...(await nothingToRecover(machine))];
    },
  };
}

/** No sync, no unmount, at once; the guest's own way to lose what is in memory. */
function rebootInside(its: Bench): Point {
  const share = its.random();
  return {
    what: `reboot -ff after ${percent(share)} of the time of an apply`,
    run: async (machine) => {
      const seconds = (share * (await its.reference()).applySeconds).toFixed(3);
      const asked = machine.run(`${beginApply()}; sleep ${seconds}; reboot -ff`, 600_000).catch(() => undefined);
      await machine.off(600_000);
      await asked;
      await machine.powerOn();
      return oldOrNew(machine, its);
    },
  };
}

/** Files say one thing and the running engine has read another; the next command puts it right before it does its own work. */
function withoutBootUnit(its: Bench): Point {
  return {
    what: 'the unit of the boot is masked',
    run: async (machine) => {
      await machine.check(
        `${beginApply()}; until grep -q live-restore /etc/docker/daemon.json; do sleep 0.05; done`,
        600_000,
      );
      await machine.cut();
      await machine.powerOn(`systemd.mask=${UNIT}`);
      const open = (await machine.run('ls /var/lib/harden/tx')).stdout.trim();
      const again = await machine.run(`${APPLY} --confirm-within never`, 600_000);
      return [
        ...(open === '' ? ['no transaction was open after the boot'] : []),
        ...failed(again),
        // dockerd and its socket came up with the new files; that they still have it is told.
        ...(oneLine(again.stderr).includes('was not complete; files are back, but this host is not as before it')
          ? []
          : [`it does not say what it took back: ${again.stderr}`]),
        ...differences({ ...(await lookAt(machine)), engine: '' }, { ...(await its.reference()).new, engine: '' }),
        ...(await nothingToRecover(machine)),
      ];
    },
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** Rules cannot change until the next boot: said so, live after it, and the same on the way back. */
function auditLocked(): Point {
  const only = "-c 'tag:audit'";
  return {
    what: 'audit is locked until the next boot',
    run: async (machine) => {
      await machine.check("umask 027; echo '-e 2' >/etc/audit/rules.d/99-finalize.rules; auditctl -e 2 >/dev/null");
      const before = await lookAt(machine);
      const violations: string[] = [];
      const applied = await machine.run(`${APPLY_PART} ${only} --confirm-within never`, 600_000);
      violations.push(...failed(applied));
      if (!`${applied.stdout}${applied.stderr}`.includes('pending-reboot')) {
        violations.push(`apply does not say pending-reboot: ${applied.stdout}${applied.stderr}`);
      }
      await reboot(machine);
      violations.push(
        ...failed(await machine.run(`${HARDEN} verify ${only}`, 300_000)).map((one) => `verify after the boot: ${one}`),
      );
      violations.push(...(await lockedWith('key=docker', machine)));
      violations.push(
        ...failed(await machine.run(`${HARDEN} rollback --yes --max-risk high --max-impact restart`, 600_000)),
      );
      await reboot(machine);
      const after: Look = await lookAt(machine);
      violations.push(...differences(after, before).map((one) => `rollback, reboot: ${one}`));
      return [...violations, ...(await nothingToRecover(machine))];
    },
  };
}

async function lockedWith(key: string, machine: Machine): Promise<readonly string[]> {
  const state = await machine.check('auditctl -s; auditctl -l');
  return ['enabled 2', key].flatMap((part) => (state.includes(part) ? [] : [`the kernel lacks ${part}: ${state}`]));
}
