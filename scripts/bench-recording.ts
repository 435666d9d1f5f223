import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePlan } from '../src/app/make-plan.ts';
import { profileByName } from '../src/catalogue/profiles.ts';
import { selectControls } from '../src/catalogue/select.ts';
import { shippedCatalogue } from '../src/catalogue/shipped-catalogue.ts';
import { recordedHost } from '../src/host/recorded-host.ts';
import { parseRecording } from '../src/host/recording-file.ts';
import { RESOURCE_TYPES } from '../src/resources/index.ts';

/** Prints the median of the milliseconds one plan from a recording takes in a process that makes many. */
const PLANS = 500;

const file = join(import.meta.dirname, '../snapshots/hosts/debian-trixie.json');
const recording = parseRecording(readFileSync(file, 'utf8'), file);
const catalogue = shippedCatalogue();
const selection = selectControls(catalogue, profileByName(catalogue, 'cis-docker-1.8.0/L1'), {
  control: [],
  exclude: [],
});
const ground = {
  host: recordedHost(recording),
  catalogue,
  types: RESOURCE_TYPES,
  now: () => new Date(recording.takenAt),
  toolVersion: '0.0.0',
  operator: 'bench',
  recording: null,
};
const times: number[] = [];
for (let plan = 0; plan < PLANS; plan += 1) {
  const before = performance.now();
  await makePlan(ground, { selection, include: [], exclude: [], validForMs: 1000 });
  times.push(performance.now() - before);
}
console.log(times.toSorted((a, b) => a - b)[PLANS / 2]);
