/**
 * Run inside a throwaway host, a request as JSON on standard input, the answer as JSON on standard output:
 * looks at wanted audit rules with the real facts, carries changes out, takes them back. It executes steps as plainly as can be.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { gatherFacts } from '../../src/engine/facts/gather-facts.ts';
import { liveHost } from '../../src/host/live-host.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { Assessment, Change } from '../../src/model/change.ts';
import type { HostFacts, Subject } from '../../src/model/facts.ts';
import type { AuditRuleDesired } from '../../src/model/remediation.ts';
import { absent, type Known, present } from '../../src/model/state.ts';
import type { Command } from '../../src/model/host.ts';
import type { FileImage, StepInput } from '../../src/model/transaction.ts';
import { auditRule } from '../../src/resources/audit-rule/index.ts';
import { parseLine } from '../../src/resources/audit-rule/parse.ts';
import { parseListed } from '../../src/resources/audit-rule/listing.ts';
import { listedKey } from '../../src/resources/audit-rule/rule.ts';
import { addArguments, deleteArguments } from '../../src/resources/audit-rule/print.ts';
import { withoutExpansion } from '../../src/resources/audit-rule/syscalls.ts';

interface SavedFile {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}
interface Applied {
  readonly changes: readonly Change[];
  readonly files: readonly SavedFile[];
}
export type Request =
  | {
      readonly do: 'assess' | 'apply';
      readonly wanted: readonly AuditRuleDesired[];
      readonly places?: Readonly<Record<string, string>>;
    }
  | { readonly do: 'verdicts'; readonly place: string; readonly cases: readonly (readonly string[])[] }
  | { readonly do: 'revert'; readonly applied: Applied }
  | { readonly do: 'echo'; readonly lines: readonly string[] };
export interface Answer {
  readonly assessments: readonly Assessment[];
  readonly applied?: Applied;
  readonly steps?: readonly string[];
  readonly kept?: readonly unknown[];
  readonly already?: readonly string[];
  readonly echoes?: readonly {
    readonly line: string;
    readonly said: string;
    readonly listed: readonly string[];
    readonly same: boolean;
    readonly left: number;
  }[];
}

const AUDITCTL = '/sbin/auditctl';
const host = liveHost();

async function answer(request: Request): Promise<Answer> {
  switch (request.do) {
    case 'assess':
      return { assessments: await assess(request, await facts(request.places)) };
    case 'apply':
      return apply(request);
    case 'verdicts':
      return verdicts(request);
    case 'revert':
      return revert(request.applied);
    case 'echo':
      return { assessments: [], echoes: request.lines.map(echo) };
  }
}

/** One assessment for each list of rules, each loaded into an empty kernel. */
async function verdicts({ place, cases }: Extract<Request, { readonly do: 'verdicts' }>): Promise<Answer> {
  const assessments: Assessment[] = [];
  const wanted: readonly AuditRuleDesired[] = [
    { type: 'audit-rule', subject: 'daemon-config-file', permissions: 'wa' },
  ];
  for (const rules of cases) {
    run({ tool: 'auditctl', args: ['-D'] });
    rules.forEach((rule) => run({ tool: 'auditctl', args: rule.split(' ') }));
    assessments.push(...(await assess({ wanted }, await facts({ 'daemon-config-file': place }))));
  }
  return { assessments };
}

async function facts(places: Readonly<Record<string, string>> = {}): Promise<HostFacts> {
  const real = await gatherFacts(host);
  const moved = Object.entries(places).map(([name, path]): [string, Subject] => [
    name,
    { status: 'present', paths: [absPath(path)], evidence: [] },
  ]);
  return { ...real, subjects: { ...real.subjects, ...Object.fromEntries(moved) } };
}

async function assess(
  { wanted }: { readonly wanted: readonly AuditRuleDesired[] },
  known: HostFacts,
): Promise<readonly Assessment[]> {
  const context = { facts: known, parameters: {}, willExist: new Set<AbsPath>(), manual: [] };
  return (await Promise.all(wanted.map((desired) => auditRule.assess(desired, context, host)))).flat();
}

async function apply(request: Extract<Request, { readonly do: 'assess' | 'apply' }>): Promise<Answer> {
  const known = await facts(request.places);
  const assessments = await assess(request, known);
  const changes = assessments.flatMap(({ comparison }, index): Change[] =>
    comparison.verdict === 'fail' && 'change' in comparison
      ? [{ ...comparison.change, id: `c${index + 1}`, controls: [] }]
      : [],
  );
  const { steps } = await auditRule.work(changes, known, host);
  const files = steps
    .flatMap((step) => ('path' in step ? [step.path] : []))
    .map((path) => ({ path, before: bytesOf(path) }));
  steps.forEach(perform);
  return {
    assessments,
    steps: steps.map(stepText),
    applied: { changes, files: files.map(({ path, before }) => ({ path, before, after: bytesOf(path) })) },
  };
}

async function revert({ changes, files }: Applied): Promise<Answer> {
  const image = (path: AbsPath, which: 'before' | 'after'): Known<FileImage> | undefined => {
    const file = files.find((one) => one.path === path);
    const bytes = file?.[which];
    return file === undefined ? undefined : typeof bytes === 'string' ? present(imageOf(bytes)) : absent;
  };
  const snapshot = {
    id: 'abcdef12',
    before: (path: AbsPath) => image(path, 'before'),
    after: (path: AbsPath) => image(path, 'after'),
    access: () => undefined,
    bytes: (blob: string) => {
      const found = files
        .map(({ before }) => before)
        .find((before) => before !== null && imageOf(before).sha256 === blob);
      return Buffer.from(found ?? '', 'base64');
    },
  };
  const { steps, kept, already } = await auditRule.revert(changes, snapshot, await facts(), host);
  steps.forEach(perform);
  return { assessments: [], steps: steps.map(stepText), kept, already };
}

function imageOf(base64: string): FileImage {
  const bytes = Buffer.from(base64, 'base64');
  return { mode: 0o640, uid: 0, gid: 0, sha256: digestOfBytes(bytes), size: bytes.length, mtimeNs: '0', extended: '' };
}

function bytesOf(path: string): string | null {
  try {
    return readFileSync(path).toString('base64');
  } catch {
    return null;
  }
}

function perform(step: StepInput): void {
  switch (step.kind) {
    case 'command':
      run(step.run);
      return;
    case 'write-file': {
      const old = bytesOf(step.path);
      const digest = old === null ? null : digestOfBytes(Buffer.from(old, 'base64'));
      if (digest !== step.expected) {
        throw new Error(`${step.path} is not as expected`);
      }
      const times = old === null ? undefined : statSync(step.path);
      writeFileSync(step.path, step.content, { mode: 0o600 });
      if (step.access !== undefined) {
        chmodSync(step.path, step.access.mode);
      }
      if (times !== undefined && step.restoreFrom !== undefined) {
        utimesSync(step.path, times.atime, times.mtime);
      }
      return;
    }
    case 'remove-file':
      rmSync(step.path);
      return;
    case 'make-directory':
    case 'remove-directory':
    case 'set-access':
    case 'activate':
      throw new Error(`not a step of audit rules: ${step.kind}`);
  }
}

function run(command: Command): void {
  const result = spawnSync(AUDITCTL, command.args, { encoding: 'utf8' });
  if (result.status !== 0) {
    throw new Error(`auditctl ${command.args.join(' ')}: ${result.stderr}`);
  }
}

function stepText(step: StepInput): string {
  switch (step.kind) {
    case 'command':
      return step.what;
    case 'activate':
      return step.kind;
    case 'write-file':
    case 'remove-file':
    case 'make-directory':
    case 'remove-directory':
    case 'set-access':
      return `${step.kind} ${step.path}`;
  }
}

/** Adds what the line says with our own arguments, reads the kernel's list back, takes the rule out again. */
function echo(line: string): NonNullable<Answer['echoes']>[number] {
  const parsed = parseLine(line);
  if (parsed.type !== 'rule') {
    throw new Error(`${line}: ${JSON.stringify(parsed)}`);
  }
  const added = spawnSync(AUDITCTL, addArguments(parsed.rule), { encoding: 'utf8' });
  const listed = list();
  const keys = listed.map((text) => {
    const rule = parseListed(text);
    return rule === undefined ? undefined : listedKey(withoutExpansion(rule, true));
  });
  const same = keys.length === 1 && keys[0] === listedKey(withoutExpansion(parsed.rule, true));
  spawnSync(AUDITCTL, deleteArguments(parsed.rule));
  const left = list().length;
  spawnSync(AUDITCTL, ['-D']);
  return { line, said: added.status === 0 ? '' : added.stderr, listed, same, left };
}

function list(): readonly string[] {
  const { stdout } = spawnSync(AUDITCTL, ['-l'], { encoding: 'utf8' });
  return stdout.split('\n').filter((text) => text !== '' && text !== 'No rules');
}

const request = JSON.parse(readFileSync(0, 'utf8')) as Request;
process.stdout.write(JSON.stringify(await answer(request)));
