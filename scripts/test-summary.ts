import { existsSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

const [, , path = '', exitStatus = '0'] = process.argv;
const report = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined;
const faults = report === undefined ? ['the tests did not run'] : faultsOf(report);
const passed = report?.numPassedTests ?? 0;
const failed = (report?.numFailedTests ?? 0) + faults.length;

for (const fault of faults) {
  console.log(`failed: ${fault}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** What is wrong beyond tests that failed; each counts as one failure. */
function faultsOf({ numFailedTests, testResults }: Report): readonly string[] {
  const faults = [
    ...testResults.filter(couldNotRun).map(({ name }) => `${name} could not run`),
    ...[...Map.groupBy(testResults, ringOf)]
      .filter(([, files]) => files.every(ranNothing))
      .map(([ring]) => `ring ${ring} ran no test`),
  ];
  const explained = exitStatus === '0' || numFailedTests + faults.length > 0;
  return explained ? faults : ['an error outside of any test'];
}

function ringOf({ name }: TestFile): string {
  return relative(process.cwd(), name).split(sep)[1] ?? name;
}

function couldNotRun({ status, assertionResults }: TestFile): boolean {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

function ranNothing({ status, assertionResults }: TestFile): boolean {
  return status !== 'failed' && !assertionResults.some((test) => test.status === 'passed' || test.status === 'failed');
}
