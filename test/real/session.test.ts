import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCast } from '../../scripts/session-cast.ts';
import { recordSession, sessionLines } from './session.ts';
import { realHosts } from './throwaway-host.ts';

describe.runIf(realHosts('trixie'))('the recorded session that README shows', () => {
  test('is what the product of today says to the same keys; npm run session records it anew', async () => {
    const kept = readCast(readFileSync(join(import.meta.dirname, '../../docs/session.cast'), 'utf8'));
    expect(sessionLines(await recordSession())).toEqual(sessionLines(kept));
  }, 240_000);
});
