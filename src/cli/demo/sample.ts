import { fileURLToPath } from 'node:url';
import type { Ground } from '../../app/ground.ts';
import { shippedCatalogue } from '../../catalogue/shipped-catalogue.ts';
import { parseRecording } from '../../host/recording-file.ts';
import type { Recording } from '../../host/recording-schema.ts';
import { type DiskImage, diskImage } from '../../host/simulated/disk-image.ts';
import { type SimulatedHost, simulatedHost } from '../../host/simulated/simulated-host.ts';
import { absPath } from '../../model/brand.ts';
import { canonicalJson, digestOfBytes } from '../../model/canonical.ts';
import { RESOURCE_TYPES } from '../../resources/index.ts';
import { type Store, openStore } from '../../state/store.ts';
import { readInput } from '../result-file.ts';
import { TOOL_VERSION } from '../version.ts';

const SAMPLE = fileURLToPath(new URL('../../../snapshots/hosts/debian-13-sample.json', import.meta.url));
/** Where harden keeps its snapshots, and its lock: its own, and nothing a rollback takes away. */
const STATE_DIR = absPath('/var/lib/harden');
const LOCK_DIR = absPath('/run/harden');
/** A dockerd that was restarted has another number. */
const PID_FILE = absPath('/run/docker.pid');
const ENGINE_QUESTIONS = ['/version', '/info', '/networks/bridge', '/containers/json?all=1'];

/** A throwaway copy of the sample host, in memory. */
export interface Sample {
  readonly recording: Recording;
  readonly ground: Ground;
  readonly host: SimulatedHost;
  openStore(): Store;
  /** All that the circle may touch, as it is now. */
  look(): Promise<HostImage>;
}

export interface HostImage {
  readonly files: DiskImage;
  /** Audit rules and the engine's answers, each under the question it answers. */
  readonly answers: ReadonlyMap<string, string>;
}

export function openSample(now: () => Date): Sample {
  const text = readInput(SAMPLE);
  return copyOf(parseRecording(text, SAMPLE), digestOfBytes(text), now);
}

/** A copy of any recorded host; `digest` is that of the recording's text. */
export function copyOf(recording: Recording, digest: string, now: () => Date): Sample {
  const host = simulatedHost(recording);
  return {
    recording,
    host,
    ground: {
      host,
      catalogue: shippedCatalogue(),
      types: RESOURCE_TYPES,
      now,
      toolVersion: TOOL_VERSION,
      operator: 'demo',
      recording: { digest: `sha256:${digest}`, takenAt: recording.takenAt },
    },
    openStore: () => storeOn(host),
    look: async () => ({
      files: diskImage(host.disk, [STATE_DIR, LOCK_DIR, PID_FILE]),
      answers: await answersOf(host, recording),
    }),
  };
}

function storeOn(host: SimulatedHost): Store {
  return openStore({
    stateSys: host.sys,
    stateDir: STATE_DIR,
    lockDir: LOCK_DIR,
    targetSys: host.sys,
    targetTrust: 'strict',
    bootId: host.identity().bootId,
    uid: 0,
    holder: { pid: 1, command: 'npm start' },
  });
}

async function answersOf(host: SimulatedHost, { api }: Recording): Promise<ReadonlyMap<string, string>> {
  const rules = await host.query({ tool: 'auditctl', args: ['-l'] });
  const answers = new Map([['audit rules', canonicalJson(rules)]]);
  for (const socket of Object.keys(api)) {
    for (const path of ENGINE_QUESTIONS) {
      answers.set(`GET ${path}`, canonicalJson(await host.docker(absPath(socket), path)));
    }
  }
  return answers;
}
