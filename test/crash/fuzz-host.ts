import { parseAuditStatus, parseRuleList } from '../../src/engine/facts/audit.ts';
import { parseOsRelease } from '../../src/engine/facts/os.ts';
import { parseShow, shownCommand, shownPaths, shownStreams } from '../../src/engine/facts/systemctl-show.ts';
import { expandCommand, readUnitSettings } from '../../src/engine/facts/unit-file.ts';
import { parseMountinfo } from '../../src/host/mountinfo.ts';
import { absPath, cleanPath } from '../../src/model/brand.ts';
import { canonicalJson } from '../../src/model/canonical.ts';
import { parseListed } from '../../src/resources/audit-rule/listing.ts';
import { parseLine } from '../../src/resources/audit-rule/parse.ts';
import { isPrintable, printRule } from '../../src/resources/audit-rule/print.ts';
import { type AuditRule, ruleKey } from '../../src/resources/audit-rule/rule.ts';
import { parseGroup, parseNsswitch, parsePasswd } from '../../src/resources/common/accounts.ts';
import { parseFlags } from '../../src/resources/daemon-option/flags.ts';
import { recordedFiles, recordedOutput, recordings } from './fuzz-samples.ts';
import { type FuzzTarget, decode, encode, expectThat, firstOf } from './fuzz-target.ts';

const RULES = [
  '-D\n-b 8192\n-f 1\n--backlog_wait_time 60000\n',
  '-w /usr/bin/dockerd -p rwxa -k docker\n-w /etc/docker/ -p wa -k docker -k etc\n# a comment\n-e 2\n',
  '-a always,exit -F arch=b64 -S open,openat -S 257 -F path=/run/docker.sock -F perm=rwxa -F auid>=1000 -F auid!=unset -k docker\n',
  '-a never,exit -F dir=/var/lib/docker/ -F perm=wa -F key=a\\ b\n-A exclude,always -F msgtype=CWD\n-d never,task\n-W /x -p r\n',
  '-a exit,always -C auid!=obj_uid -F exit=-EACCES -F a1&=0100 -F key=c\n-i\n-c\n',
];
const LISTING = [
  '-w /usr/bin/dockerd -p rwxa -k docker\n-w /etc/docker -p rwxa -k docker\n-w /a b -p wa -k c d\n',
  '-a always,exit -F arch=b64 -S open,openat -F path=/run/docker.sock -F perm=rwxa -F auid>=1000 -F auid!=-1 -F key=docker\n',
  '-a never,task\n-a always,exit -S all -F dir=/var/lib/docker -F perm=wa -F key=x\nNo rules\n',
];
const RULE_WORDS = [
  '-w ',
  '-a ',
  '-A ',
  '-d ',
  '-D',
  '-F ',
  '-S ',
  '-C ',
  '-k ',
  '-p ',
  'always,exit',
  'never,exit',
  'key=',
  'path=/',
  'dir=',
  'perm=',
  'arch=b64',
  'auid',
  '\\ ',
  '\\\\',
];

function eachRule(bytes: Uint8Array, read: (line: string) => AuditRule | undefined): string | undefined {
  return firstOf(decode(bytes).split('\n'), (line) => {
    const rule = read(line);
    return rule === undefined ? undefined : printsBack(rule);
  });
}

/** What is printed means what was read. */
function printsBack(rule: AuditRule): string | undefined {
  const texts = [
    rule.where?.path ?? '/',
    ...rule.keys,
    ...[...rule.fields, ...rule.comparisons].map(({ value }) => `=${value}`),
  ];
  if (!texts.every(isPrintable) || rule.arch === '') {
    return undefined;
  }
  const printed = printRule(rule);
  const back = parseLine(printed);
  return back.type === 'rule' && ruleKey(back.rule) === ruleKey(rule)
    ? undefined
    : `${printed} is read as ${JSON.stringify(back)}, was ${JSON.stringify(rule)}`;
}

const rules: FuzzTarget = {
  name: 'audit rule files',
  samples: () => [...RULES.map(encode), ...recordedFiles(/\.rules$/)],
  words: RULE_WORDS,
  check: (bytes) =>
    eachRule(bytes, (line) => {
      const read = parseLine(line);
      return read.type === 'rule' || read.type === 'delete' ? read.rule : undefined;
    }),
};

const listing: FuzzTarget = {
  name: 'auditctl -l',
  samples: () => [...LISTING.map(encode), ...recordedOutput('auditctl', '-l')],
  words: RULE_WORDS,
  check: (bytes) => {
    const lines = parseRuleList(decode(bytes));
    return eachRule(encode(lines.join('\n')), parseListed);
  },
};

const status: FuzzTarget = {
  name: 'auditctl -s',
  samples: () => [
    ...recordedOutput('auditctl', '-s'),
    encode('AUDIT_STATUS: enabled=1 flag=1 pid=885 rate_limit=0 backlog_limit=320 lost=0 backlog=0\n'),
  ],
  words: ['enabled ', 'failure ', 'pid ', 'lost ', 'backlog_limit ', '\n'],
  check: (bytes) => {
    const text = decode(bytes);
    const { enabled, failure, ...counts } = parseAuditStatus(text);
    const said = (name: string, value: number | undefined): boolean =>
      value === undefined || new RegExp(`(?<![a-z_])${name}[ =]0*${value}(?!\\d)`).test(text);
    return (
      expectThat(
        said('enabled', enabled) && (said('failure', failure) || said('flag', failure)),
        `${enabled} ${failure}`,
      ) ??
      expectThat(
        Object.values(counts).every((count) => count === undefined || Number.isSafeInteger(count)),
        `not a number that can be counted with: ${JSON.stringify(counts)}`,
      )
    );
  },
};

const shown: FuzzTarget = {
  name: 'systemctl show',
  samples: () => recordedOutput('systemctl', 'show'),
  words: [
    'Id=',
    'ExecStart={ path=',
    ' ; argv[]=',
    ' ; ignore_errors=no ;',
    'Listen=/x (Stream)',
    'FragmentPath=/',
    '\n\n',
    '__proto__=',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const lines = new Set(text.split('\n'));
    return firstOf([...parseShow(text)], ([id, unit]) => {
      const values = [...unit.values()].flat();
      const paths = [...shownPaths(values), ...shownStreams(values), ...values.flatMap(shownCommand)];
      const told = [...unit].every(([name, all]) => all.every((value) => lines.has(`${name}=${value}`)));
      return expectThat(
        told && unit.get('Id')?.[0] === id && paths.every((path) => text.includes(path) || cleanPath(path) === path),
        id,
      );
    });
  },
};

const units: FuzzTarget = {
  name: 'unit files',
  samples: () => recordedFiles(/\.(?:service|socket)$/).filter(({ length }) => length < 4000),
  words: [
    '[Service]\n',
    '[Socket]\n',
    '[Unit]\n',
    'ExecStart=',
    'ExecStart=\n',
    'Environment=',
    'EnvironmentFile=-/',
    '\\\n',
    '$A',
    '${A}',
    '"',
    '@',
    ' ; ',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const settings = readUnitSettings([{ path: absPath('/u'), text }]);
    const variables = { ...settings.environment, A: 'b c' };
    const words = [...settings.execStart, ...settings.execStartPost].flatMap((one) => expandCommand(one, variables));
    return (
      expectThat(
        words.every((word) => typeof word === 'string'),
        'a word is no text',
      ) ??
      expectThat(settings.execStart.length === 0 || text.includes('ExecStart'), 'a command out of nothing') ??
      expectThat(
        settings.listen.every((address) => text.includes(address.split(' ')[0] ?? '')),
        'an address out of nothing',
      )
    );
  },
};

const accounts: FuzzTarget = {
  name: 'passwd, group, nsswitch',
  samples: () => recordedFiles(/^\/etc\/(?:passwd|group|nsswitch\.conf)$/),
  words: ['root:x:0:0:', 'docker:x:999:', '+::::::', 'passwd: files sss [NOTFOUND=return]\n', ':', '0', '\n'],
  check: (bytes) => {
    const text = decode(bytes);
    const rows = text.split('\n').map((line) => line.split(':'));
    const has = (name: string, at: number, id: number): boolean =>
      rows.some((row) => row[0] === name && row[at] !== undefined && /^\d+$/.test(row[at]) && Number(row[at]) === id);
    const known = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff;
    parseNsswitch(text);
    return (
      firstOf(parsePasswd(text), ({ name, uid, gid }) =>
        expectThat(has(name, 2, uid) && known(uid) && known(gid), `user ${name} ${uid} ${gid}`),
      ) ??
      firstOf(parseGroup(text), ({ name, gid }) => expectThat(has(name, 2, gid) && known(gid), `group ${name} ${gid}`))
    );
  },
};

const mountinfo: FuzzTarget = {
  name: 'mountinfo',
  samples: () => [
    encode(mountLines()),
    encode('36 35 98:0 /mnt1 /mnt2\\040x rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n'),
  ],
  words: [' - ', ' / ', '/', '\\040', '\\134', '\\777', 'rw,nodev', ' - ext4 /dev/x ro'],
  check: (bytes) => {
    const text = decode(bytes);
    const lines = text.split('\n').length;
    const mounts = parseMountinfo(text);
    return (
      expectThat(mounts.length <= lines, 'more mounts than lines') ??
      firstOf(mounts, ({ mountPoint, options }) =>
        expectThat(cleanPath(mountPoint) === mountPoint && !options.includes(''), `mount at ${mountPoint}`),
      )
    );
  },
};

function mountLines(): string {
  const mounts = recordings().flatMap(({ mounts: seen }) => (seen?.status === 'present' ? seen.value : []));
  return mounts
    .slice(0, 12)
    .map(
      ({ mountPoint, fsType, source, options }, id) =>
        `${id} 1 8:1 / ${mountPoint} ${options.join(',')} shared:1 - ${fsType} ${source} rw\n`,
    )
    .join('');
}

const release: FuzzTarget = {
  name: 'os-release',
  samples: () => [
    ...recordedFiles(/os-release$/),
    encode('NAME=\'Red Hat\'\nID="rhel"\nVERSION_ID="9.4"\nPRETTY_NAME="a \\"b\\" c"\n'),
  ],
  words: ['ID=', 'VERSION_ID=', 'NAME=', '"', '\\\n', '__proto__=', 'ID="'],
  check: (bytes) => {
    const text = decode(bytes);
    const { id, versionId, name } = parseOsRelease(text);
    const plain = [id, versionId, name].every((value) => typeof value === 'string' && !value.includes('\n'));
    return (
      expectThat(plain, JSON.stringify([id, versionId, name])) ??
      expectThat(id === '' || text.replaceAll(/\\\r?\n/g, '').includes('ID'), 'an id out of nothing')
    );
  },
};

const commandLine: FuzzTarget = {
  name: '/proc/PID/cmdline',
  samples: () =>
    [
      '/usr/sbin/dockerd\0-H\0fd://\0--containerd=/run/containerd/containerd.sock\0',
      'dockerd\0--icc=false\0-D\0--log-opt\0a=b\0--default-ulimit=nofile=1:2\0--\0--icc\0',
    ].map(encode),
  words: [
    '--icc',
    '=',
    '\0',
    '--',
    '-H',
    '-D',
    '--log-opt\0',
    '--default-ulimit=',
    '--no-such',
    '--label=',
    '__proto__=',
  ],
  check: (bytes) => {
    const argv = decode(bytes).split('\0').slice(1);
    return firstOf([...parseFlags(argv)], ([key, { spelled, value }]) => {
      const stands = argv.some(
        (word) => word.startsWith(spelled) || (/^-[^-]/.test(word) && word.includes(spelled.slice(1))),
      );
      return expectThat(
        stands && canonicalJson(value) !== '' && ({} as { a?: unknown }).a === undefined,
        `${key} ${spelled}`,
      );
    });
  },
};

export const HOST_TARGETS: readonly FuzzTarget[] = [
  ...[rules, listing, status, shown, units, accounts, mountinfo, release, commandLine],
];
