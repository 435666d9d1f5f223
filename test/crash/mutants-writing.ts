import type { SourceMutant, TestPlace } from './mutants-run.ts';

const SWEEP = 'test/property/state/crash-sweep.test.ts';
const POWER: TestPlace = { file: SWEEP, line: "it.each(['nothing', 'everything', 1" };
const COMMIT: TestPlace = { file: SWEEP, line: 'at the COMMIT and then at a kill' };
const UNDO: TestPlace = {
  file: 'test/unit/state/transaction.test.ts',
  line: 'is taken back by undo to the very inodes',
};
const STEPS: TestPlace = { file: 'test/unit/state/transaction.test.ts', line: 'carries out every kind of step' };
const ORDER = 'test/property/state/call-order.test.ts';
const ANNOUNCED: TestPlace = { file: ORDER, line: 'says what it is about to do' };
const NARROW: TestPlace = { file: ORDER, line: "])('%s never allows more than before or after" };
const ON_DISK: TestPlace = { file: ORDER, line: 'has on the disk what it calls done' };
const CALLS = 'test/contract/sys.test.ts';

/** Mistakes in changing things. */
export const WRITING: readonly SourceMutant[] = [
  {
    name: 'temp-not-synced',
    row: 'T89',
    file: 'src/state/put-file.ts',
    from: '    sys.sync(fd);\n  });\n}',
    to: '  });\n}',
    caughtBy: ON_DISK,
  },
  {
    name: 'folder-not-synced',
    row: 'T89',
    file: 'src/state/put-file.ts',
    from: '    sys.rename(folder, temp, name);\n  }\n  sys.sync(folder);',
    to: '    sys.rename(folder, temp, name);\n  }',
    caughtBy: ON_DISK,
  },
  {
    name: 'intent-after-change',
    row: 'T90',
    file: 'src/state/perform.ts',
    from: '    intent([temp, shelter, saved]);\n    return change({ ground, sys, folder, name, temp, shelter, saved, step, now }, input);',
    to: '    const made = change({ ground, sys, folder, name, temp, shelter, saved, step, now }, input);\n    intent([temp, shelter, saved]);\n    return made;',
    caughtBy: ANNOUNCED,
  },
  {
    name: 'undo-without-abort',
    row: 'T91',
    file: 'src/state/transaction.ts',
    from: "  try {\n    journal.append({ type: 'abort', everything: false });\n  } catch (error) {\n    throw new HardenError({\n      code: 'H2132',",
    to: "  try {\n    journal.records();\n  } catch (error) {\n    throw new HardenError({\n      code: 'H2132',",
    caughtBy: COMMIT,
  },
  {
    name: 'abort-after-undo',
    row: 'T91',
    file: 'src/state/transaction.ts',
    from: "      abort(open, phase === 'doubtful');\n      phase = 'failed';\n      const report = undoAndFinish(ground, open, 'assert');",
    to: "      const report = undoAndFinish(ground, open, 'assert');\n      abort(open, phase === 'doubtful');\n      phase = 'failed';",
    caughtBy: { file: ORDER, line: 'writes an ABORT before it undoes' },
  },
  {
    name: 'write-length-unchecked',
    row: 'T92',
    file: 'src/host/live-sys.ts',
    from: "  for (let done = 0; done < bytes.length;) {\n    const count = writeSync(file, bytes, done, bytes.length - done, position + done);\n    if (count <= 0) {\n      throw sysError('EIO', 'the file took no more bytes');\n    }\n    done += count;\n  }",
    to: '  writeSync(file, bytes, 0, bytes.length, position);',
    caughtBy: { file: 'test/contract/sys-limits.test.ts', line: 'writes all of it or says that it did not' },
  },
  {
    name: 'leaf-only-nofollow',
    row: 'T93',
    file: 'src/host/live-sys.ts',
    from: "  let held = openSync('/', O_PATH | O_DIRECTORY);\n  for (const name of path.split('/').filter((part) => part !== '')) {\n    const above = held;\n    held = withFd(above, () => openSync(at(above, name), O_PATH | O_DIRECTORY | O_NOFOLLOW));\n  }\n  return held;",
    to: '  return openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);',
    caughtBy: { file: CALLS, line: 'never walk through a link' },
  },
  {
    name: 'chmod-by-name',
    row: 'T93',
    file: 'src/host/live-sys.ts',
    from: '      refuseLink(fd);\n      chmodSync(fdPath(fd), mode);',
    to: "      refuseLink(fd);\n      chmodSync(process.getBuiltinModule('node:fs').readlinkSync(fdPath(fd)).replace(/ \\(deleted\\)$/, ''), mode);",
    caughtBy: { file: 'test/contract/sys-limits.test.ts', line: 'the object they hold, whatever has its name by then' },
  },
  {
    name: 'chmod-before-chown',
    row: 'T95',
    file: 'src/state/change-access.ts',
    from: '  if (ownerChanges) {\n    sys.chown(fd, to.uid, to.gid);\n  }\n  if (ownerChanges || narrow !== to.mode) {\n    sys.chmod(fd, to.mode);\n  }',
    to: '  if (ownerChanges || narrow !== to.mode) {\n    sys.chmod(fd, to.mode);\n  }\n  if (ownerChanges) {\n    sys.chown(fd, to.uid, to.gid);\n  }',
    caughtBy: STEPS,
  },
  {
    name: 'widened-first',
    row: 'T95',
    file: 'src/state/change-access.ts',
    from: '  if (narrow !== from.mode) {\n    sys.chmod(fd, narrow);\n  }',
    to: '  if (narrow !== to.mode) {\n    sys.chmod(fd, to.mode);\n  }',
    caughtBy: NARROW,
  },
  {
    name: 'old-mode-in-the-open',
    row: 'T95',
    file: 'src/state/put-file.ts',
    from: '  sys.makeDirectory(folder, shelter, 0o700);\n  holding(sys, sys.openObject(folder, shelter), (inside) => {\n    sys.chmod(inside, 0o700);',
    to: '  sys.makeDirectory(folder, shelter, 0o755);\n  holding(sys, sys.openObject(folder, shelter), (inside) => {\n    sys.chmod(inside, 0o755);',
    caughtBy: NARROW,
  },
  {
    name: 'owner-changes-while-wide',
    row: 'T95',
    file: 'src/state/put-file.ts',
    from: '      sys.chown(fd, file.access.uid, file.access.gid);\n      sys.chmod(fd, file.access.mode);',
    to: '      sys.chmod(fd, file.access.mode);\n      sys.chown(fd, file.access.uid, file.access.gid);',
    caughtBy: NARROW,
  },
  {
    name: 'temp-lost-by-a-power-cut',
    file: 'src/state/put-file.ts',
    from: '    sys.sync(fd);\n  });\n}',
    to: '  });\n}',
    caughtBy: POWER,
  },
  {
    name: 'rename-lost-by-a-power-cut',
    file: 'src/state/put-file.ts',
    from: '    sys.rename(folder, temp, name);\n  }\n  sys.sync(folder);',
    to: '    sys.rename(folder, temp, name);\n  }',
    caughtBy: POWER,
  },
  {
    name: 'new-file-not-read-back',
    file: 'src/state/put-file.ts',
    from: "  if (back.stat === undefined || !sameState(back.state, { kind: 'object', fileType: 'file', access, content })) {",
    to: "  if (back.stat === undefined || (content.size < 0 && !sameState(back.state, { kind: 'object', fileType: 'file', access, content }))) {",
    caughtBy: { file: 'test/property/state/lying-writes.test.ts', line: 'never stands under the name of its target' },
  },
  {
    name: 'not-looked-at-again',
    file: 'src/state/perform.ts',
    from: 'if (!sameState(now.state, step.after) || now.stat?.ino !== placed?.ino) {',
    to: 'if (placed?.ino === null) {',
    caughtBy: { file: 'test/unit/state/meanwhile.test.ts', line: 'right after it was changed' },
  },
  {
    name: 'foreign-edit-not-noticed',
    file: 'src/state/perform.ts',
    from: "    if (!sameState(now.state, step.before)) {\n      throw new Refusal('somebody else changed it meanwhile');\n    }\n",
    to: '',
    caughtBy: { file: 'test/unit/state/meanwhile.test.ts', line: 'between the look and the step' },
  },
  {
    name: 'last-look-left-out',
    file: 'src/state/put-file.ts',
    from: "    if (!sameObject(sys.statAt(folder, name), before.stat) || !sameObject(sys.statAt(folder, saved), before.stat)) {\n      throw new Refusal('somebody else changed it at this moment');\n    }\n",
    to: '',
    caughtBy: { file: 'test/unit/state/meanwhile.test.ts', line: 'while it is being replaced' },
  },
  {
    name: 'new-name-overwrites',
    file: 'src/state/put-file.ts',
    from: '    sys.link(folder, temp, name);\n    sys.unlink(folder, temp);',
    to: '    sys.rename(folder, temp, name);',
    caughtBy: { file: 'test/unit/state/meanwhile.test.ts', line: 'where nothing was' },
  },
  {
    name: 'temp-name-not-listed',
    file: 'src/state/perform.ts',
    from: 'intent([temp, shelter, saved]);',
    to: 'intent([shelter, saved]);',
    caughtBy: ANNOUNCED,
  },
  {
    name: 'undo-leaves-runtime',
    file: 'src/state/open-transaction.ts',
    from: '      runtime,\n    });',
    to: "      runtime: runtime === 'assert' ? 'leave' : runtime,\n    });",
    caughtBy: UNDO,
  },
];
