import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const notices = readFileSync(join(import.meta.dirname, '../../dist/NOTICES.txt'), 'utf8');

test.each(['yargs', 'inquirer', 'listr2', 'zod', 'json5', 'jsonc-parser', 'diff', 'fs-extra'])(
  'the licence of %s is handed on with its text',
  (name) => {
    const part = notices.split('='.repeat(80)).find((text) => text.trim().startsWith(`${name} `));
    expect(part?.length).toBeGreaterThan(500);
    expect(part).toMatch(/copyright/i);
  },
);

test('what is needed to build and to test, but not shipped, is not in the notices', () => {
  expect(notices).not.toMatch(/^(vitest|typescript|esbuild|execa) \d/m);
});
