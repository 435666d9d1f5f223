import { readPlan } from '../../src/app/plan-file.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { canonicalJson } from '../../src/model/canonical.ts';
import { nestsDeeper } from '../../src/model/json-depth.ts';
import {
  type DaemonDocument,
  DOCUMENT_LIMIT,
  isObject,
  parseDocument,
} from '../../src/resources/daemon-option/document.ts';
import { editText } from '../../src/resources/daemon-option/edit.ts';
import { inspectDocument } from '../../src/resources/daemon-option/inspect-document.ts';
import { accessChange, failing, optionChange, planOf, selectedControl } from '../helpers/plan-builders.ts';
import { smallRecordings } from './fuzz-samples.ts';
import { type FuzzTarget, decode, encode, expectThat, orRefused, repeatsOf } from './fuzz-target.ts';

const DAEMON_JSON = [
  '{\n  "icc": false,\n  "log-driver": "json-file",\n  "log-opts": { "max-size": "10m", "max-file": "3" }\n}\n',
  '{"hosts":["fd://","tcp://127.0.0.1:2376"],"tlsverify":true,"default-ulimits":{"nofile":{"Name":"nofile","Hard":64000,"Soft":64000}}}',
  '{\r\n\t"live-restore": true,\r\n\t"userland-proxy": false,\r\n\t"storage-opts": ["overlay2.size=1G"], "features": {"buildkit": true}\r\n}',
  '\ufeff{ "debug": true, "debug": false, "a": { "b": 1, "b": 2 }, "insecure-registries": [] }',
  '',
  ' \n',
  '{}',
];

const daemonJson: FuzzTarget = {
  name: 'daemon.json',
  samples: () => DAEMON_JSON.map(encode),
  words: [
    '"icc": ',
    '"icc":false,',
    ',',
    '{',
    '}',
    '"__proto__": {"icc": false},',
    '"\\u0069cc": true,',
    '// c\n',
    '/* c */',
    '1e400',
    '"a": "\\ud800",',
    '\v',
    '\f',
  ],
  check: (bytes) => {
    const document = parseDocument(bytes);
    inspectDocument(document, new Map(), '28.5.2');
    inspectDocument(document, new Map(), undefined);
    return document.status === 'object' ? checkDocument(document) : checkRefused(document, bytes);
  },
};

function checkDocument(document: Extract<DaemonDocument, { status: 'object' }>): string | undefined {
  const { text, value, duplicates } = document;
  const strict: unknown = JSON.parse(text);
  const repeated = repeatsOf(text);
  return (
    expectThat(canonicalJson(strict) === canonicalJson(value), 'another value than JSON has there') ??
    expectThat(
      repeated === undefined || repeated === duplicates.length,
      `${repeated} keys stand twice, not ${duplicates.length}`,
    ) ??
    (duplicates.length === 0 ? checkEdit(text, value) : undefined)
  );
}

/** An edit changes its key and nothing else; taking back a new key gives the same bytes. */
function checkEdit(text: string, value: Readonly<Record<string, unknown>>): string | undefined {
  const edited = editText(text, [{ key: 'icc', set: false }]);
  const now: unknown = JSON.parse(edited);
  const others = (one: unknown): string =>
    canonicalJson(
      Object.entries(one ?? {})
        .filter(([key]) => key !== 'icc')
        .sort(),
    );
  return (
    expectThat(isRecord(now) && now['icc'] === false && others(now) === others(value), `edited to ${edited}`) ??
    expectThat(
      'icc' in value || editText(edited, [{ key: 'icc', remove: true }]) === text,
      `not the same again: ${edited}`,
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function checkRefused(document: DaemonDocument, bytes: Uint8Array): string | undefined {
  const value = strictObject(bytes);
  return document.status === 'empty'
    ? expectThat(decode(bytes).trim() === '' || bytes[0] === 0xfe || bytes[0] === 0xff, 'not empty')
    : expectThat(value === undefined, `${document.status}, though it is an object`);
}

/** What plain UTF-8 bytes say where they are a JSON object of sensible size and depth. */
function strictObject(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isObject(value) && bytes.length <= DOCUMENT_LIMIT && !nestsDeeper(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

const OUTSIDE = ['id', 'digest', 'createdAt', 'expiresAt', 'createdBy', 'tool', 'approvals'];

function plans(): readonly Uint8Array[] {
  const control = selectedControl('icc', '2.2');
  const other = selectedControl('access', '3.1');
  return [
    planOf([{ control, assessments: [failing(optionChange('icc'))] }]),
    planOf([
      { control, assessments: [failing(optionChange('icc', { before: null }))] },
      { control: other, assessments: [failing(accessChange('/etc/docker'))] },
    ]),
  ].map((plan) => encode(JSON.stringify(plan, null, 1)));
}

/** What a person approves of a plan. */
function approved(plan: unknown): string {
  const parts = Object.entries(plan ?? {}).filter(([name]) => !OUTSIDE.includes(name) && name !== 'source');
  return canonicalJson(Object.fromEntries(parts));
}

const sealed = new Map<string, string>();

const plan: FuzzTarget = {
  name: 'plan file',
  samples: plans,
  words: [
    '"digest": ',
    '"schema": ',
    '"changes": [',
    '"impact": "none"',
    '"after": true',
    '"__proto__": {},',
    '"path": "/etc/shadow"',
    '"approvals": [],',
    '"x": 1,',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const read = orRefused(() => readPlan('p', text));
    if (read === undefined) {
      return undefined;
    }
    if (sealed.size === 0) {
      plans()
        .map((one) => readPlan('p', decode(one)))
        .forEach((one) => sealed.set(one.digest, approved(one)));
    }
    return expectThat(sealed.get(read.digest) === approved(read), 'something else than was sealed');
  },
};

const recording: FuzzTarget = {
  name: 'recording',
  samples: smallRecordings,
  words: [
    '"status":"present"',
    '"status":"absent"',
    '"__proto__":{"stat":{"status":"absent"}},',
    '"/etc/x":{},',
    '"schemaMinor":1',
    '"uid":0',
    '"mode":4095',
    '"text":""',
    '"base64":"AA=="',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const read = orRefused(() => parseRecording(text, 'r'));
    return expectThat(read === undefined || plain(canonicalJson(read)) === plain(text), 'not what the file says');
  },
};

/** Without members of that name: a schema reads them as nothing at all, and what is any JSON keeps them as it came. */
function plain(text: string): string {
  return canonicalJson(JSON.parse(text, withoutProto));
}

function withoutProto(this: unknown, _key: string, value: unknown): unknown {
  if (isRecord(value) && Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__');
  }
  return value;
}

export const FILE_TARGETS: readonly FuzzTarget[] = [daemonJson, plan, recording];
