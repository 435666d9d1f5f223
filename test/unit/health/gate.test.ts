import { describe, expect, it } from 'vitest';
import { type Announced, healthBefore, judgeHealth } from '../../../src/engine/health/gate.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { Json } from '../../../src/model/canonical.ts';
import type { HealthCheck, HealthProbe, HealthSetup, TrialOutcome } from '../../../src/model/health.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';

const SOCKET = '/run/docker.sock';
const NOTHING: Announced = { containersStopped: [], otherContainers: false, withoutProxy: false };

interface Box {
  readonly name: string;
  readonly running?: boolean;
  readonly restarting?: boolean;
  readonly health?: string;
  readonly startedAt?: string;
  readonly policy?: string;
  readonly ports?: readonly (readonly [address: string, port: number, type: string])[];
}

/** A host at one moment: its containers, the addresses that take connections, what a trial says, the checks that fail. */
interface Moment {
  readonly boxes?: readonly Box[];
  readonly open?: readonly string[];
  readonly trial?: TrialOutcome;
  readonly failing?: readonly string[];
  readonly dead?: true;
  /** The engine answers, but not what runs: neither the list nor one container. */
  readonly silentOf?: 'list' | 'one';
}

const STARTED: TrialOutcome = { type: 'started', left: [] };
const WEB: Box = { name: 'web', ports: [['0.0.0.0', 80, 'tcp']] };
const OPEN = ['10.0.0.1:80', '127.0.0.1:80'];

describe('the health gate', () => {
  it('has nothing to say where all is as before, and names what it looked at', async () => {
    const moment = { boxes: [WEB, { name: 'db' }], open: OPEN, trial: STARTED };
    expect(await gate(moment, moment)).toEqual({
      troubles: [],
      checked: ['the engine answers', '2 containers as before', '1 published port open', 'a new container starts'],
      notChecked: [],
    });
  });

  it.each<readonly [string, Moment, string]>([
    ['does not run', { boxes: [] }, 'container web: ran before and does not run now'],
    [
      'is restarting',
      { boxes: [{ ...WEB, restarting: true }] },
      'container web: ends and is restarted again and again',
    ],
    ['is unhealthy', { boxes: [{ ...WEB, health: 'unhealthy' }] }, 'container web: its own health check fails'],
    ['takes no connections', { boxes: [WEB], open: ['127.0.0.1:80'] }, 'port 80 of web: closed (at 10.0.0.1)'],
    [
      'cannot be started anew',
      { boxes: [WEB], open: OPEN, trial: failed('no log driver') },
      'a new container does not start: no log driver',
    ],
    ['is there, but the engine is gone', { dead: true }, 'dockerd: the engine did not answer within 0.2 s'],
  ])('holds against the change that a container %s', async (_what, after, trouble) => {
    const { troubles } = await gate({ boxes: [{ ...WEB, health: 'healthy' }], open: OPEN, trial: STARTED }, after);
    expect(troubles.map(({ what, reason }) => `${what}: ${reason}`)).toEqual([expect.stringContaining(trouble)]);
  });

  it('does not hold against the change what was so before', async () => {
    const bad: Moment = {
      boxes: [{ ...WEB, restarting: true, health: 'unhealthy' }],
      open: [],
      trial: failed('no log driver'),
      failing: ['shop'],
    };
    const { troubles, notChecked } = await gate(bad, bad, { mustPass: false });
    expect(troubles).toEqual([]);
    expect(notChecked).toEqual([
      'whether a new container starts: none did before either (no log driver)',
      'health check "shop": it failed before the change too',
    ]);
  });

  it('lets announced containers go, but not those that come back by themselves', async () => {
    const before = { boxes: [WEB, { name: 'always', policy: 'unless-stopped' }], open: OPEN, trial: STARTED };
    const announced = { ...NOTHING, containersStopped: ['web', 'always'] };
    const after = { boxes: [], trial: STARTED };
    expect((await gate(before, after, { announced })).troubles).toMatchObject([{ what: 'container always' }]);
    expect((await gate(before, after, { announced: { ...announced, otherContainers: true } })).troubles).toEqual([]);
  });

  it('lets loopback and IPv6 go where the userland proxy is switched off, and says so', async () => {
    const boxes = [
      {
        name: 'web',
        ports: [
          ['127.0.0.1', 80, 'tcp'],
          ['::', 81, 'tcp'],
          ['10.0.0.1', 82, 'tcp'],
          ['0.0.0.0', 53, 'udp'],
        ],
      },
    ] as const;
    const before = { boxes, open: ['127.0.0.1:80', '::1:81', '10.0.0.1:82'], trial: STARTED };
    const after = { boxes, open: ['10.0.0.1:82'], trial: STARTED };
    expect((await gate(before, after)).troubles).toHaveLength(2);
    const { troubles, notChecked } = await gate(before, after, { announced: { ...NOTHING, withoutProxy: true } });
    expect(troubles).toEqual([]);
    expect(notChecked).toEqual([
      'port 53/udp of web: only TCP is tried',
      'ports over loopback and IPv6: the plan names them',
    ]);
  });

  it('sees a container fall that is up at each look', async () => {
    const before = { boxes: [WEB], open: OPEN, trial: STARTED };
    const times = ['t1', 't2', 't3', 't4'];
    const after = (): Moment => ({ ...before, boxes: [{ ...WEB, startedAt: times.shift() ?? 't5' }] });
    const { troubles } = await gate(before, after);
    expect(troubles.map(({ reason }) => reason)).toEqual([
      'ends and is restarted again and again, which it was not before',
    ]);
  });

  it('waits for a container that is on its way, and does not take "starting" for unwell', async () => {
    const before = { boxes: [{ ...WEB, health: 'healthy' }], open: OPEN, trial: STARTED };
    let looks = 0;
    const after = (): Moment => ({ ...before, boxes: (looks += 1) < 3 ? [] : [{ ...WEB, health: 'starting' }] });
    const { troubles, notChecked } = await gate(before, after);
    expect(troubles).toEqual([]);
    expect(notChecked).toEqual(['container web: its own health check has not decided yet']);
  });

  it('holds a check of the site against the change, also where the engine was not touched', async () => {
    const { troubles, checked } = await gate({}, { failing: ['shop'] }, { engine: 'untouched' });
    expect(troubles).toEqual([{ what: 'health check "shop"', reason: '/bin/shop: not well' }]);
    expect(checked).toEqual(["1 of the site's own checks"]);
  });

  it.each([{ silentOf: 'list' }, { silentOf: 'one' }] as const)(
    'counts no container as well where the engine did not tell before: $silentOf',
    async (silent) => {
      const before = { boxes: [WEB], open: OPEN, trial: failed('not to be tried'), ...silent };
      expect(await gate(before, { boxes: [], trial: STARTED })).toEqual({
        troubles: [],
        checked: ['the engine answers'],
        notChecked: ['containers and their ports: the engine did not tell what ran before'],
      });
    },
  );

  it('asks the engine again before it gives up', async () => {
    let looks = 0;
    const before = (): Moment => ({ boxes: [WEB], open: OPEN, ...((looks += 1) < 3 ? { silentOf: 'list' } : {}) });
    const { checked } = await gate(before, { boxes: [WEB], open: OPEN });
    expect(checked).toContain('1 container as before');
  });

  it('says of an engine that was dead before that nothing could be held against it', async () => {
    const { troubles, notChecked } = await gate({ dead: true }, {}, { engine: 'silent', mustPass: false });
    expect(troubles).toEqual([]);
    expect(notChecked).toEqual(['containers and their ports: the engine did not tell what ran before']);
  });

  it('names what a trial left behind', async () => {
    const trial: TrialOutcome = { type: 'started', left: ['image harden-trial:0'] };
    expect((await gate({ trial }, { trial })).notChecked).toEqual([
      'image harden-trial:0 of the trial could not be removed',
    ]);
  });
});

interface GateOptions {
  readonly announced?: Announced;
  readonly engine?: 'untouched' | 'silent' | 'answers';
  readonly mustPass?: boolean;
}

async function gate(before: Moment | (() => Moment), after: Moment | (() => Moment), options: GateOptions = {}) {
  const { announced = NOTHING, engine = 'answers', mustPass = true } = options;
  const names = [before, after]
    .map((one) => (typeof one === 'function' ? {} : one))
    .flatMap(({ failing = [] }) => failing);
  const checks = [...new Set(names)].map(checkNamed);
  const baseline = await healthBefore(groundAt(typeof before === 'function' ? before : () => before, checks), {
    engine,
    mustPass,
  });
  return judgeHealth(groundAt(typeof after === 'function' ? after : () => after, checks), baseline, announced);
}

/** Each look at the list of containers is a moment of its own. */
function groundAt(momentNow: () => Moment, checks: readonly HealthCheck[]) {
  let moment = momentNow();
  const reader = fakeReader({});
  const setup: HealthSetup = {
    checks,
    limits: { engineMs: 200, containersMs: 2_000, portsMs: 200, trialMs: 1_000, watchMs: 20 },
    trial: { tryOnce: () => Promise.resolve(moment.trial ?? STARTED) },
    probes: {
      addresses: () => ({ v4: ['10.0.0.1'], v6: [] }),
      complaints: () => Promise.resolve([]),
      ask: (probe) => Promise.resolve(answerTo(probe, moment)),
    },
  };
  const docker = (_socket: unknown, path: string) => {
    const isList = path === '/containers/json';
    moment = isList ? momentNow() : moment;
    if (moment.silentOf === (isList ? 'list' : 'one') && path.startsWith('/containers/')) {
      return Promise.resolve({ type: 'answered' as const, status: 500, body: { message: 'no such layer' } });
    }
    return Promise.resolve(
      moment.dead === true
        ? { type: 'unreachable' as const, reason: 'nobody listens', code: 'refused' as const }
        : { type: 'answered' as const, status: 200, body: engineAnswer(path, moment) },
    );
  };
  return { host: { ...reader, docker }, socket: absPath(SOCKET), setup, stop: () => false };
}

function answerTo(probe: HealthProbe, { open = [], failing = [] }: Moment): string | undefined {
  switch (probe.type) {
    case 'tcp':
      return open.includes(`${probe.host}:${probe.port}`) ? undefined : 'closed';
    case 'http':
      return 'nobody asks this';
    case 'command':
      return failing.some((name) => probe.argv[0] === `/bin/${name}`) ? 'not well' : undefined;
  }
}

function engineAnswer(path: string, { boxes = [] }: Moment): Json {
  const one = boxes.find(({ name }) => path === `/containers/${name}/json`);
  return one === undefined ? boxes.map(listed) : inspected(one);
}

function listed({ name, ports = [] }: Box): Json {
  return { Id: name, Names: [`/${name}`], Ports: ports.map(([IP, PublicPort, Type]) => ({ IP, PublicPort, Type })) };
}

function inspected({ name, running = true, restarting = false, health, startedAt = 't0', policy = 'no' }: Box): Json {
  const State = {
    Running: running,
    Restarting: restarting,
    StartedAt: startedAt,
    ...(health === undefined ? {} : { Health: { Status: health } }),
  };
  return { Id: name, Name: `/${name}`, State, HostConfig: { RestartPolicy: { Name: policy } } };
}

function checkNamed(name: string): HealthCheck {
  const probe: HealthProbe = { type: 'command', argv: [absPath(`/bin/${name}`)] };
  return { name, probe, timeoutMs: 100, attempts: 1, intervalMs: 0, from: 'site.json5' };
}

function failed(reason: string): TrialOutcome {
  return { type: 'failed', reason, left: [] };
}
