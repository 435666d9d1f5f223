import { readFileSync } from 'node:fs';
import type { HostReader } from '../model/host.ts';
import { present, unreadable } from '../model/state.ts';
import { readAttributes } from './attributes.ts';
import { engineApi } from './engine-api.ts';
import { wordsFor } from './errno.ts';
import { readIdentity } from './identity.ts';
import { parseMountinfo } from './mountinfo.ts';
import { readProcesses } from './processes.ts';
import { runTool } from './run-tool.ts';
import { liveTree } from './tree.ts';
import { treeReader } from './tree-reader.ts';

/** This machine, as seen from this process's own root directory. */
export function liveHost(): HostReader {
  const files = treeReader(liveTree);
  return {
    kind: 'live',
    ...files,
    identity: readIdentity,
    attributes: (paths) => readAttributes(paths.map((path) => ({ path, outside: path, stat: files.stat(path) }))),
    mounts: () => {
      try {
        return present(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')));
      } catch (error) {
        return unreadable(`/proc/self/mountinfo: ${wordsFor(error)}`);
      }
    },
    processes: readProcesses,
    query: ({ tool, args }) => runTool(tool, args),
    docker: engineApi(),
  };
}
