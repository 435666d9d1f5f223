import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../src/app/plan-file.ts';
import { readSource } from '../../../src/catalogue/source-file.ts';
import { parseAuditStatus, parseDiskActions, parseRuleList } from '../../../src/engine/facts/audit.ts';
import { parseOsRelease } from '../../../src/engine/facts/os.ts';
import { parseShow, shownCommand, shownPaths, shownStreams } from '../../../src/engine/facts/systemctl-show.ts';
import { parseEnvironmentFile, readUnitSettings } from '../../../src/engine/facts/unit-file.ts';
import { parseMountinfo } from '../../../src/host/mountinfo.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { redactFileText } from '../../../src/host/redact-recording.ts';
import { absPath } from '../../../src/model/brand.ts';
import { HardenError } from '../../../src/model/errors.ts';
import { parseListed } from '../../../src/resources/audit-rule/listing.ts';
import { parseLine } from '../../../src/resources/audit-rule/parse.ts';
import { parseGroup, parseNsswitch, parsePasswd } from '../../../src/resources/common/accounts.ts';
import { parseText } from '../../../src/resources/daemon-option/document.ts';
import { parseFlags } from '../../../src/resources/daemon-option/flags.ts';
import { inspectDocument } from '../../../src/resources/daemon-option/inspect-document.ts';
import { socketIds } from '../../../src/resources/file-access/containerd-config.ts';
import { decodeJournal } from '../../../src/state/journal.ts';
import { decodeManifest } from '../../../src/state/manifest.ts';

/** Letters of the smaller input and how many times as large the other one is. */
const SIZE = 60_000;
const TIMES = 4;
/** Work that grows with the length takes 4 times as long, with its square 16 times. */
const MOST = 10;
/** Shorter work says nothing of its growth. */
const LEAST_MS = 40;

function refused(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
  }
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'daemon.json': (text) => inspectDocument(parseText(text), new Map(), '28.0'),
  'an audit rule': parseLine,
  'a listed rule': parseListed,
  'the rules': (text) => parseRuleList(text),
  'the audit status': parseAuditStatus,
  'auditd.conf': parseDiskActions,
  'shown units': (text) => [...parseShow(text).values()].map((unit) => [...unit.values()].map(shownPaths)),
  'a shown command': (text) => [shownCommand(text), shownStreams([text])],
  'a unit file': (text) => readUnitSettings([{ path: absPath('/u'), text }]),
  'an environment file': parseEnvironmentFile,
  'os-release': parseOsRelease,
  accounts: (text) => [parsePasswd(text), parseGroup(text), parseNsswitch(text)],
  mountinfo: parseMountinfo,
  'a command line': (text) => parseFlags(text.split('\0')),
  'a containerd configuration': (text) => socketIds(text, 'ttrpc'),
  'a plan': (text) => refused(() => readPlan('p', text)),
  'a recording': (text) => refused(() => parseRecording(text, 'r')),
  'a remediation': (text) => readSource('f', text),
  'a file to be recorded': (text) => redactFileText(text, () => undefined),
  'a journal': (text) => decodeJournal('abcdef01', new TextEncoder().encode(text)),
  'a manifest': (text) => decodeManifest(new TextEncoder().encode(text)),
};

function filled(unit: string, before = '', after = ''): (size: number) => string {
  return (size) => before + unit.repeat(Math.ceil(size / unit.length)) + after;
}

function members(
  member: (index: number) => string,
  separator: string,
  before = '{',
  after = '}',
): (size: number) => string {
  return (size) => {
    const count = Math.floor(size / (member(0).length + separator.length + 4));
    return before + Array.from({ length: count }, (_, index) => member(index)).join(separator) + after;
  };
}

/** Inside of each other, `open` and `close` once a level. */
function nested(open: string, close: string, before = '', after = ''): (size: number) => string {
  return (size) => {
    const depth = Math.floor(size / (open.length + close.length));
    return `${before}${open.repeat(depth)}1${close.repeat(depth)}${after}`;
  };
}

const RECORDING = '{"schema":"urn:harden:recording:1","schemaMinor":0,';
const PLAN = '{"schema":"urn:harden:plan:1","schemaMinor":0,';

const INPUTS: Readonly<Record<string, (size: number) => string>> = {
  'blanks behind a sign': filled(' ', 'A=', 'x'),
  'blanks before a sign': filled('\t', 'a', '=b'),
  'blanks at the end': filled('\t', 'a=b', '\tx\n'),
  'empty lines': filled('\n', 'a=b', 'x'),
  'carriage returns': filled('\r', '{', 'x'),
  quotes: filled('"'),
  'open quotes': filled('"\\'),
  backslashes: filled('\\'),
  'continued lines': filled('a \\\n', '[Service]\nExecStart='),
  'open brackets': filled('[', 'passwd:'),
  'open objects': filled('{"a":'),
  'an open text with brackets': filled('[', '{"a\n'),
  'nested lists': nested('[', ']', '{"a":', '}'),
  'nested lists in a recording': nested('[', ']', `${RECORDING}"api":`, '}'),
  'nested lists in a plan': nested('[', ']', `${PLAN}"changes":`, '}'),
  'nested objects': nested('{"a":', '}'),
  'one key many times': members(() => '"a":1', ',\n'),
  'many keys': members((index) => `"k${index}":1`, ',\n'),
  'many bare keys': members((index) => `k${index}:1`, ',\n'),
  'one bare key many times': members(() => 'k:1', ',\n'),
  'unknown members of a recording': members((index) => `"k${index}":1`, ',', RECORDING),
  'wrong files of a recording': members((index) => `"k${index}":1`, ',\n', `${RECORDING}"files":{`, '}}'),
  'wrong changes of a plan': members(() => '{}', ',\n', `${PLAN}"changes":[`, ']}'),
  comments: filled('/*'),
  'a long text': filled('a', '{"a":"', '"}'),
  'a long number': filled('9', '{"a":', '}'),
  'many options': filled(' -S open', '-a always,exit'),
  'many fields': filled(' -F auid=1', '-a always,exit'),
  'many keys of a watch': filled(' -k a', '-w /a -p wa'),
  'many system calls': filled('a,', '-a always,exit -S ', 'b'),
  'one property many times': filled('A=b\n', 'Id=x\n'),
  'beginnings of commands': filled(' argv[]='),
  'ends of commands': filled(' ; ', ' argv[]='),
  'many commands': filled('ExecStart=/a b\n', '[Service]\n'),
  'many variables': filled('A=1 ', '[Service]\nEnvironment='),
  slashes: filled('/', '-w /a', 'b'),
  'mount lines': filled('1 2 3:4 / /a rw - ext4 s rw\n'),
  'mount options': filled('a,', '1 2 3:4 / /a ', ' - ext4 s rw'),
  'words of a command line': filled('\0'),
  'flags of a command line': filled('-H\0a\0'),
  'letters behind a flag': filled('D', '-'),
  'account lines': filled('a:x:0:0::/:/b\n'),
  passwords: filled('password='),
  addresses: filled('http://a:b@'),
  'beginnings of keys': filled('-----BEGIN RSA PRIVATE KEY-----\n'),
};

/** Of this process, so that other work on the machine does not count. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1000;
}

function growsTooFast(parse: (text: string) => unknown, make: (size: number) => string): boolean {
  const [small, large] = [make(SIZE), make(SIZE * TIMES)];
  const tooFast = (): boolean =>
    cpuMs(() => parse(large)) >
    MOST *
      Math.max(
        cpuMs(() => parse(small)),
        LEAST_MS,
      );
  // A collection of garbage may fall into one of them.
  return tooFast() && tooFast() && tooFast();
}

describe('the work to read', () => {
  it.each(Object.entries(PARSERS))(
    '%s grows with its length, and no depth is too much',
    (_, parse) => {
      const tooFast = Object.entries(INPUTS).filter(([, make]) => growsTooFast(parse, make));
      expect(tooFast.map(([name]) => name)).toEqual([]);
    },
    240_000,
  );
});
