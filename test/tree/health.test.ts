import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

describe.runIf(canOwn())('health checks in a folder taken as /', () => {
  test('are not run, neither those given nor those of the folder, and that is said', async () => {
    using tree = plantTree({ ...DOCKER_CE, '/etc/harden/health.d/site.json5': 'not even JSON5' });
    const args = ['apply', '--root', tree.root, '-c', '3.*', '--yes', '--max-risk', 'high'];
    const { code, stdout, stderr } = await harden([...args, '--health', '/bin/false']);
    expect(code, stdout + stderr).toBe(0);
    expect(stderr).toContain('health checks are not run: a folder is not a running host.');
    expect(stdout).not.toContain('Health:');
  });
});
