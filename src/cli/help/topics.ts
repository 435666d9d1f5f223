import { SETTINGS, type Setting } from '../../model/config.ts';
import { ERROR_CODES } from '../../model/error-codes.ts';
import { EXIT } from '../../model/errors.ts';
import type { Block, Topic } from '../../model/manual.ts';
import type { TopicName } from './topic-names.ts';

/** Meaning of every exit code, in the order of their numbers. */
const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'the question was answered, or what was asked for is done',
  bug: 'a bug in harden',
  notAsItShouldBe: 'not as it should be: findings, drift, or with --exit-code changes that are pending',
  declined: 'declined at a question; nothing was changed',
  approvalNeeded: 'approval is needed and not possible: nobody to ask, or above the ceiling; nothing was changed',
  planNotApplicable: 'the plan does not fit: stale, expired, of another host or another version; nothing was changed',
  rolledBack: 'it did not succeed and was taken back; the host is as before',
  needsAttention: 'the host needs attention: a part is applied, or the way back was not proven',
  notEverythingChecked: 'not everything could be checked',
  locked: 'another run is at work, changes wait to be kept, or one apply is set for later already',
  usage: 'the command line is not one of harden',
  malformed: 'a file that was given is malformed or not trusted',
  dockerUnreachable: 'the Docker engine does not answer, though it is needed',
  cannotWriteOutput: 'output or a snapshot cannot be written',
  noPrivilege: 'a privilege is missing',
  interrupted: 'stopped by SIGINT; the host is in a safe state',
  terminated: 'stopped by SIGTERM, or before a change by --timeout; the host is in a safe state',
};

export const TOPICS: Readonly<Record<TopicName, Topic>> = {
  'exit-codes': {
    title: 'what the exit codes of harden mean',
    blocks: [
      rows(
        Object.entries(EXIT_MEANINGS)
          .map(([name, meaning]) => [EXIT[name as keyof typeof EXIT], meaning] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([code, meaning]) => [`${code}`, meaning]),
      ),
      text(
        'Where several fit, the most alarming one counts: 7, 6, 5, 4, 9, 3, 2, 8. The numbers 124 to 127 are never used.',
      ),
      text(
        'plan ends with 0 whatever it finds; with --exit-code it ends with 2 where changes are pending. verify ends with 2 by itself.',
      ),
    ],
  },
  errors: {
    title: 'all codes an error may end with',
    blocks: [
      text('harden explain CODE tells why it happens and what to do. A code is never used for something else.'),
      rows(
        Object.entries(ERROR_CODES)
          .map(([code, { title }]) => [code, title] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    ],
  },
  files: {
    title: 'files harden reads and writes',
    blocks: [
      rows([
        ['/etc/harden/harden.json5', 'configuration; harden help configuration'],
        ['/etc/harden/conf.d/*.json5', 'more of it, in the order of their names'],
        ['/etc/harden/profiles.d/*.json5', 'profiles of the site, found by their names'],
        ['/etc/harden/waivers.d/*.json5', 'waivers; harden help waivers'],
        ['/etc/harden/health.d/*.json5', 'health checks of the site; harden help health'],
        ['/etc/harden/hooks.d/EVENT/*', 'programs told of each plan, apply, verify, revert; not more than told'],
        ['/var/lib/harden/', 'snapshots, results and what is kept of runs; mode 0700'],
        ['/run/harden/', 'the lock'],
      ]),
      text(
        'Files in /etc/harden, and every folder above them, must belong to root, and nobody else may write to them. harden reads nothing from the current folder by itself.',
      ),
      text('With --root DIR snapshots are kept in the image, below DIR/var/lib/harden.'),
    ],
  },
  environment: {
    title: 'variables harden looks at',
    blocks: [
      text('No variable approves a change. sudo drops most of them, so options are surer.'),
      rows([
        ...SETTINGS.flatMap((setting: Setting) =>
          setting.variable === undefined ? [] : [[setting.variable, `the same as --${setting.option ?? ''}`] as const],
        ),
        ['HARDEN_CONFIG', 'the same as --config'],
        ['HARDEN_ROOT', 'the same as --root'],
        ['HARDEN_STATE_DIR', 'the same as --state-dir'],
        ['HARDEN_LOG', 'where the log goes: auto, journal, file or off'],
        ['HARDEN_NO_INPUT', 'with the value 1 or true: never ask'],
        ['CI', 'unless empty, 0 or false: never ask, redraw nothing'],
        ['NO_COLOR', 'unless empty: no colour'],
        ['FORCE_COLOR', 'unless empty: colour without a terminal too; NO_COLOR is stronger'],
        ['COLUMNS', 'width of text, 40 to 100'],
        ['PAGER', 'the program long output is read with'],
        ['TERM', 'with the value dumb: no colour, redraw nothing'],
        ['SOURCE_DATE_EPOCH', 'seconds since 1970 that plans of plan and verify, and their reports, say as their time'],
        ['DOCKER_HOST', 'refused where it names an engine on another machine; so is DOCKER_CONTEXT'],
        ['LC_ALL', 'with LC_CTYPE and LANG: whether the terminal shows more than ASCII'],
        ['XDG_CONFIG_HOME', 'where somebody who is not root keeps harden/config.json5'],
        ['SUDO_USER', 'the login that a plan and its approval name'],
      ]),
    ],
  },
  configuration: {
    title: 'what can be set in /etc/harden/harden.json5',
    blocks: [
      text(
        'An option counts before a variable, a variable before the last file of conf.d, that before harden.json5, and that before the profile. harden doctor --config shows every value with its origin.',
      ),
      lines([
        '{',
        "  schema: 'urn:harden:config:1',",
        "  profile: 'cis-docker-1.8.0/L1',",
        "  exclude: ['userland-proxy-off'],",
        "  maxImpact: 'restart',",
        '}',
      ]),
      rows(SETTINGS.map((setting: Setting) => [setting.key, settingText(setting)])),
      text(
        'An unknown key or value stops the run and is told with its line. harden schema config prints the JSON Schema.',
      ),
    ],
  },
  waivers: {
    title: 'findings a site lives with for a while',
    blocks: [
      text(
        'A waiver has a control, a reason, an owner and a last day. It is shown in every plan and report; after its last day the control counts again.',
      ),
      lines([
        '{',
        "  schema: 'urn:harden:waiver:1',",
        '  waivers: [',
        "    { control: 'userns-remap', reason: 'OPS-311',",
        "      owner: 'platform', until: '2027-01-31' },",
        '  ],',
        '}',
      ]),
      text('Files are read from /etc/harden/waivers.d, with --root and --from only from --waivers.'),
      lines(['harden waiver list', 'harden waiver check']),
      text('harden schema waiver prints the JSON Schema.'),
    ],
  },
  health: {
    title: 'what is looked at after a change, and checks of the site',
    blocks: [
      text(
        'After a change that reloads or restarts dockerd harden sees to it that the engine answers, containers run that ran before, and a new one can be started. Where something is worse than before, all is put back.',
      ),
      lines([
        '{',
        "  schema: 'urn:harden:health:1',",
        '  checks: [',
        "    { name: 'shop answers', http: 'http://127.0.0.1:8080/health' },",
        "    { name: 'queue is short', command: ['/usr/local/sbin/queue', '100'] },",
        '  ],',
        '}',
      ]),
      text(
        'Such files are read from /etc/harden/health.d, others with --health. Each check has a tcp, http or command. harden schema health prints the JSON Schema.',
      ),
    ],
  },
  selection: {
    title: 'how controls are chosen',
    blocks: [
      rows([
        ['2.2', 'a number of the benchmark'],
        ['icc-disabled', 'a name; names are the same in all benchmarks'],
        ['2.*', 'a pattern'],
        ['1.1.3-1.1.18', 'a range'],
        ['tag:audit', 'all with this tag'],
      ]),
      text(
        '-c takes only these, -x leaves these out. Both take lists by commas and may be given several times. What matches nothing stops the run.',
      ),
      lines(['harden plan -c 2.*,tag:audit -x 2.2']),
      rows([
        ['--section 2', 'a section of the benchmark, with all below it: 1, 1.1, 2'],
        ['--level 1', 'this level alone: 1 or 2'],
        ['--severity high', 'the risk the catalogue gives a control: low, medium, high'],
      ]),
      text('These take lists too. A control has to fit each of the options that are given, -c among them.'),
      lines(['harden plan --section 2,3 --severity low']),
    ],
  },
  'plan-file': {
    title: 'the plan as a file',
    blocks: [
      text(
        'harden plan -o FILE writes the plan as JSON, mode 0600. It is what is approved and applied: every change with its target, the value before and after, risk, impact, and what it may break.',
      ),
      lines(['harden plan -o plan.json', 'sudo harden apply plan.json']),
      text(
        'digest is made over the whole plan, so a file that was edited is refused. A plan fits one host, until expiresAt, and only where what it found has not changed since.',
      ),
      text(
        'A minor version of the format only adds members. Values of secrets are not in it. harden schema plan prints the JSON Schema.',
      ),
    ],
  },
  'way-back': {
    title: 'how a change is taken back',
    blocks: [
      text(
        'Before the first write, everything a plan touches is copied to a snapshot, and putting it back is tried out. A snapshot that could not be restored stops the apply.',
      ),
      lines(['sudo harden rollback --plan', 'sudo harden rollback', 'sudo harden snapshot list']),
      text(
        'A run that fails is taken back by itself. A run that was killed is ended by the next one, or by harden recover. In a remote session a change that may lock you out is taken back unless you say harden confirm in time.',
      ),
      lines(['sudo harden status', 'sudo harden confirm', 'sudo harden recover']),
    ],
  },
};

function settingText({ option, variable, addsUp, builtIn }: Setting): string {
  const others = [option === undefined ? [] : `--${option}`, variable ?? []].flat();
  return [
    others.length === 0 ? [] : `as ${others.join(' and ')}`,
    addsUp === true ? 'what several files say adds up' : [],
    `built in: ${builtIn}`,
  ]
    .flat()
    .join('; ');
}

function text(words: string): Block {
  return { type: 'text', text: words };
}

function rows(list: readonly (readonly [string, string])[]): Block {
  return { type: 'rows', rows: list };
}

function lines(list: readonly string[]): Block {
  return { type: 'lines', lines: list };
}
