import type { SourceMutant, TestPlace } from './mutants-run.ts';

const SWEEP = 'test/property/state/crash-sweep.test.ts';
const KILL: TestPlace = { file: SWEEP, line: 'at any call that changes something is put back' };
const POWER: TestPlace = { file: SWEEP, line: "it.each(['nothing', 'everything', 1" };
const JOURNAL: TestPlace = { file: 'test/unit/state/damage.test.ts', line: 'is read up to the first record' };
const ORDER = 'test/property/state/call-order.test.ts';
const BEGUN: TestPlace = { file: ORDER, line: 'begins with a BEGIN on the disk' };
const KEPT: TestPlace = { file: ORDER, line: 'keeps what it replaced' };
const COPIES: TestPlace = { file: ORDER, line: 'has every copy and its folder on the disk' };
const LYING: TestPlace = { file: 'test/property/state/lying-writes.test.ts', line: 'is noticed before it counts' };
const LOCK: TestPlace = { file: 'test/unit/state/lock.test.ts', line: 'turns a second run away' };
const LOCK_FILE: TestPlace = { file: 'test/unit/state/lock.test.ts', line: 'whose file was taken away' };

/** Mistakes in what is kept and in its records. */
export const SAVING: readonly SourceMutant[] = [
  {
    name: 'blob-not-synced',
    row: 'T89',
    file: 'src/state/held.ts',
    from: '    sys.sync(fd);\n  });\n  const back',
    to: '    if (!/^(?:before|new)-/.test(file.name)) {\n      sys.sync(fd);\n    }\n  });\n  const back',
    caughtBy: COPIES,
  },
  {
    name: 'blob-folder-not-synced',
    row: 'T89',
    file: 'src/state/save.ts',
    from: '    state.sync(blobs);\n',
    to: '',
    caughtBy: COPIES,
  },
  {
    name: 'manifest-not-synced',
    row: 'T89',
    file: 'src/state/held.ts',
    from: '    sys.sync(fd);\n  });\n  const back',
    to: "    if (!file.name.startsWith('manifest')) {\n      sys.sync(fd);\n    }\n  });\n  const back",
    caughtBy: COPIES,
  },
  {
    name: 'journal-not-synced',
    row: 'T89',
    file: 'src/state/journal.ts',
    from: '    sys.write(file, block, at.offset);\n    sys.sync(file);',
    to: '    sys.write(file, block, at.offset);',
    caughtBy: BEGUN,
  },
  {
    name: 'state-folder-not-synced',
    row: 'T89',
    file: 'src/state/save.ts',
    from: '    state.sync(home);\n    lookBack',
    to: '    lookBack',
    caughtBy: COPIES,
  },
  {
    name: 'begin-after-change',
    row: 'T90',
    file: 'src/state/save.ts',
    from: "    journal.append({ type: 'begin', size, manifest });\n    const begun = readJournal(state, home, manifest.id)?.records[0];\n    if (begun?.type !== 'begin' || digestOfBytes(encodeManifest(begun.manifest)) !== digestOfBytes(text)) {\n      throw new Refusal('the journal did not read back as it was written');\n    }\n    return journal;",
    to: "    let late = true;\n    return {\n      ...journal,\n      append: (record) => {\n        if (late && record.type === 'done') {\n          late = false;\n          journal.append({ type: 'begin', size, manifest });\n        }\n        journal.append(record);\n      },\n    };",
    caughtBy: BEGUN,
  },
  {
    name: 'journal-is-no-second-copy',
    row: 'T94',
    file: 'src/state/recover.ts',
    from: "first?.type === 'begin' ? first.manifest : undefined",
    to: "first?.type === 'begin' && first.size < 0 ? first.manifest : undefined",
    caughtBy: {
      file: 'test/unit/state/damage.test.ts',
      line: 'with a bit flipped anywhere leads to the old state by the journal',
    },
  },
  {
    name: 'manifest-is-no-second-copy',
    row: 'T94',
    file: 'src/state/recover.ts',
    from: "decoded?.type === 'valid' ? decoded.manifest : undefined;\n  if (contradict",
    to: "decoded?.type === 'valid' && text?.length === 0 ? decoded.manifest : undefined;\n  if (contradict",
    caughtBy: {
      file: 'test/unit/state/damage.test.ts',
      line: 'that is missing leads to the old state by the manifest alone',
    },
  },
  {
    name: 'disarmed-before-commit',
    row: 'T96',
    file: 'src/app/confirm.ts',
    from: '  const reason = commitOrPutBack(store, id);',
    to: '  await stopClocks(clocks, waiting.clock);\n  const reason = commitOrPutBack(store, id);',
    caughtBy: { file: 'test/unit/confirm/clock-last.test.ts', line: 'has its COMMIT on the disk before' },
  },
  {
    name: 'manifest-lost-by-a-power-cut',
    file: 'src/state/held.ts',
    from: '    sys.sync(fd);\n  });\n  const back',
    to: "    if (!file.name.startsWith('manifest')) {\n      sys.sync(fd);\n    }\n  });\n  const back",
    caughtBy: POWER,
  },
  {
    name: 'record-lost-by-a-power-cut',
    file: 'src/state/journal.ts',
    from: '    sys.write(file, block, at.offset);\n    sys.sync(file);',
    to: '    sys.write(file, block, at.offset);',
    caughtBy: POWER,
  },
  {
    name: 'copies-not-read-back',
    file: 'src/state/held.ts',
    from: '  if (back === undefined || digestOfBytes(back) !== digestOfBytes(file.content)) {',
    to: '  if (back === undefined) {',
    caughtBy: { file: 'test/property/state/lying-writes.test.ts', line: 'is noticed in every file of ours' },
  },
  {
    name: 'begin-not-read-back',
    file: 'src/state/save.ts',
    from: "    if (begun?.type !== 'begin' || digestOfBytes(encodeManifest(begun.manifest)) !== digestOfBytes(text)) {",
    to: "    if (begun?.type === 'commit') {",
    caughtBy: LYING,
  },
  {
    name: 'lock-not-taken',
    file: 'src/state/lock.ts',
    from: '    if (!sys.lock(file)) {',
    to: '    if (file < 0) {',
    caughtBy: LOCK,
  },
  {
    name: 'lock-file-exchanged',
    file: 'src/state/lock.ts',
    from: '    if (sys.statAt(folder, LOCK)?.ino !== sys.stat(file).ino) {',
    to: '    if (file < 0) {',
    caughtBy: LOCK_FILE,
  },
  {
    name: 'one-lock-only',
    file: 'src/state/store.ts',
    from: '  if (stateDir !== lockDir) {',
    to: '  if (stateDir === lockDir) {',
    caughtBy: { file: 'test/unit/state/lock.test.ts', line: 'that has another lock folder' },
  },
  {
    name: 'journal-position-off-by-one',
    file: 'src/state/journal.ts',
    from: 'next: { offset: newline + 1, chain }',
    to: 'next: { offset: newline, chain }',
    caughtBy: JOURNAL,
  },
  {
    name: 'torn-tail-accepted',
    file: 'src/state/journal.ts',
    from: '  if (head !== `${chain} `) {',
    to: '  if (head === chain) {',
    caughtBy: JOURNAL,
  },
  {
    name: 'journal-of-any-transaction',
    file: 'src/state/journal.ts',
    from: 'digestOfBytes(`harden journal ${id}`)',
    to: 'digestOfBytes(`harden journal ${id.length}`)',
    caughtBy: JOURNAL,
  },
  {
    name: 'doubtful-bytes-left',
    file: 'src/state/journal.ts',
    from: 'new Uint8Array(Math.max(after, doubtful) - at.offset)',
    to: 'new Uint8Array(after - at.offset)',
    caughtBy: { file: 'test/unit/state/journal.test.ts', line: 'takes the place of one that could not be written' },
  },
  {
    name: 'failed-record-counts',
    file: 'src/state/journal.ts',
    from: '      place(record, next);\n      records.push(record);',
    to: '      records.push(record);\n      place(record, next);',
    caughtBy: { file: 'test/unit/state/journal.test.ts', line: 'takes the place of one that could not be written' },
  },
  {
    name: 'old-inode-gone-before-commit',
    file: 'src/state/put-file.ts',
    from: '    sys.rename(folder, temp, name);\n  }\n',
    to: '    sys.rename(folder, temp, name);\n    sys.unlink(folder, saved);\n  }\n',
    caughtBy: KEPT,
  },
  {
    name: 'commit-of-a-part',
    file: 'src/state/transaction.ts',
    from: '    if (performed !== manifest.steps.length) {',
    to: '    if (performed > manifest.steps.length) {',
    caughtBy: { file: 'test/unit/state/journal.test.ts', line: 'is not committed before its last step' },
  },
  {
    name: 'cleaned-before-commit',
    file: 'src/state/transaction.ts',
    from: '      const refused = tryCommit(open, proof);',
    to: '      finishCommit(ground, open);\n      const refused = tryCommit(open, proof);',
    caughtBy: KILL,
  },
];
