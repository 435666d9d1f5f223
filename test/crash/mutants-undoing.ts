import type { SourceMutant, TestPlace } from './mutants-run.ts';

const SWEEP = 'test/property/state/crash-sweep.test.ts';
const KILL: TestPlace = { file: SWEEP, line: 'at any call that changes something is put back' };
const DAMAGE = 'test/unit/state/damage.test.ts';
const OPEN_FOLDER = 'test/unit/state/open-folder.test.ts';
const KEEPS: TestPlace = {
  file: 'test/unit/state/transaction.test.ts',
  line: 'keeps what somebody else changed meanwhile',
};
const UNDO: TestPlace = {
  file: 'test/unit/state/transaction.test.ts',
  line: 'is taken back by undo to the very inodes',
};
const STEPS: TestPlace = { file: 'test/unit/state/transaction.test.ts', line: 'carries out every kind of step' };
const TARGET: TestPlace = { file: 'test/unit/state/targets.test.ts', line: "])('is refused: %s'" };
const PLACE: TestPlace = { file: 'test/unit/state/targets.test.ts', line: "])('is not used: %s'" };
const SECOND = 'test/property/state/second-cut.test.ts';
const MEANWHILE = 'test/unit/state/meanwhile.test.ts';

/** Mistakes in looking, undoing and recovering. */
export const UNDOING: readonly SourceMutant[] = [
  {
    name: 'conflict-overwritten',
    row: 'T62',
    file: 'src/state/restore.ts',
    from: '    const saved = this.#saved();\n    if (!isKnown(this.#touched, now.state)) {',
    to: "    const saved = this.#saved();\n    if (now.state.kind === 'absent') {",
    caughtBy: { file: MEANWHILE, line: 'after it was changed stays, with a copy' },
  },
  {
    name: 'foreign-file-taken-away',
    file: 'src/state/restore.ts',
    from: "    if (!isKnown(this.#touched, now.state)) {\n      return this.#keep(now, 'somebody else put something there');\n    }\n",
    to: '',
    caughtBy: KEEPS,
  },
  {
    name: 'no-copy-of-a-conflict',
    file: 'src/state/restore.ts',
    from: '    this.#ground.keepForeign(this.#touched, now);\n',
    to: '',
    caughtBy: KEEPS,
  },
  {
    name: 'undone-in-the-wrong-order',
    file: 'src/state/touched.ts',
    from: '    }))\n    .reverse();',
    to: '    }));',
    caughtBy: UNDO,
  },
  {
    name: 'commands-undone-first-to-last',
    file: 'src/state/undo.ts',
    from: 'of begun.toReversed()) {\n    if (step.kind',
    to: 'of begun) {\n    if (step.kind',
    caughtBy: { file: MEANWHILE, line: 'undoes commands the last one first' },
  },
  {
    name: 'sha256-not-compared',
    file: 'src/state/save.ts',
    from: 'return bytes !== undefined && name.endsWith(`-${digestOfBytes(bytes)}`) ? bytes : undefined;',
    to: 'return bytes;',
    caughtBy: { file: DAMAGE, line: 'serve where those are gone' },
  },
  {
    name: 'damage-found-too-late',
    file: 'src/state/undo.ts',
    from: '  if (lacking.length > 0) {',
    to: '  if (lacking.length < 0) {',
    caughtBy: { file: DAMAGE, line: 'serve where those are gone' },
  },
  {
    name: 'manifest-digest-not-compared',
    file: 'src/state/manifest.ts',
    from: '  if (digestOfBytes(body) !== digest) {',
    to: '  if (digest.length !== DIGEST_LENGTH) {',
    caughtBy: { file: 'test/property/parsers/records.test.ts', line: 'a manifest with any byte changed' },
  },
  {
    name: 'contradiction-passed-over',
    file: 'src/state/recover.ts',
    from: '  if (contradict(stored, begun)) {',
    to: '  if (contradict(stored, begun) && stored?.id !== begun?.id) {',
    caughtBy: { file: DAMAGE, line: 'that contradicts the journal is refused' },
  },
  {
    name: 'records-of-another',
    file: 'src/state/recover.ts',
    from: '    return manifest.id === id\n',
    to: '    return manifest.id !== undefined\n',
    caughtBy: { file: 'test/unit/state/journal.test.ts', line: 'of another transaction is refused' },
  },
  {
    name: 'newer-format-taken-for-damage',
    file: 'src/state/manifest.ts',
    from: '  if (format.success && format.data.format > FORMAT) {',
    to: '  if (format.success && format.data.format < FORMAT) {',
    caughtBy: { file: 'test/unit/state/journal.test.ts', line: 'of a newer format is refused though the journal' },
  },
  {
    name: 'commit-not-confirmed',
    file: 'src/state/recover.ts',
    from: '      journal.confirm();\n      const failed = finishCommit(ground, open);',
    to: '      const failed = finishCommit(ground, open);',
    caughtBy: { file: SECOND, line: 'that a dead run left unsynced' },
  },
  {
    name: 'commit-undone-by-recovery',
    file: 'src/state/recover.ts',
    from: "    case 'commit': {\n      // The dead run",
    to: "    case 'rolled-back': {\n      // The dead run",
    caughtBy: KILL,
  },
  {
    name: 'damaged-journal-believed',
    file: 'src/state/undo.ts',
    from: '  if (unrecorded || said || !journal.intact()) {',
    to: '  if (unrecorded || said) {',
    caughtBy: { file: SECOND, line: 'counts where no record can be written' },
  },
  {
    name: 'damage-forgotten-by-a-killed-recovery',
    file: 'src/state/recover.ts',
    from: "      attempt(() => journal.append({ type: 'abort', everything: !journal.intact() }));",
    to: "      attempt(() => journal.append({ type: 'abort', everything: false }));",
    caughtBy: { file: SECOND, line: 'is remembered by a recovery that is killed' },
  },
  {
    name: 'socket-of-an-earlier-boot',
    file: 'src/state/undo.ts',
    from: 'ground.sameBoot || !object.volatile);',
    to: "ground.sameBoot || object.path !== '/');",
    caughtBy: { file: SECOND, line: 'made anew by a boot' },
  },
  {
    name: 'services-not-told',
    file: 'src/state/undo.ts',
    from: '    if (activated.length > 0) {',
    to: '    if (activated.length > 9) {',
    caughtBy: UNDO,
  },
  {
    name: 'half-said-values-stay',
    file: 'src/state/restore.ts',
    from: '  run(): Restored {\n    this.#endPhase();',
    to: '  run(): Restored {',
    caughtBy: { file: SECOND, line: 'is the very object it was' },
  },
  {
    name: 'stops-at-the-first-failure',
    file: 'src/state/undo.ts',
    from: 'between.map((one) => restoreOne(restoring, one, progress)).includes(true)',
    to: 'between.slice(0, between.length - 1).map((one) => restoreOne(restoring, one, progress)).includes(true)',
    caughtBy: UNDO,
  },
  {
    name: 'ended-though-not-undone',
    file: 'src/state/open-transaction.ts',
    from: '  if (report.failed.length === 0) {\n    // Without this record',
    to: '  if (report.failed.length >= 0) {\n    // Without this record',
    caughtBy: { file: MEANWHILE, line: 'that could not do all of it has no end' },
  },
  {
    name: 'hidden-names-stay',
    file: 'src/state/open-transaction.ts',
    from: 'const pending = removeHiddenNames(ground.targets, manifest);',
    to: 'const pending = removeHiddenNames(ground.targets, { ...manifest, steps: [] });',
    caughtBy: STEPS,
  },
  {
    name: 'saved-names-not-swept',
    file: 'src/state/restore.ts',
    from: 'return names.map((name) => removeOurs(this.#sys, this.#folder, name, this.#ground.listed)).includes(true);',
    to: 'return names.includes(this.#name);',
    caughtBy: UNDO,
  },
  {
    name: 'parents-not-examined',
    file: 'src/state/walk.ts',
    from: "  if (trust === 'strict') {\n    const reason",
    to: "  if (trust !== 'strict') {\n    const reason",
    caughtBy: { file: OPEN_FOLDER, line: "])('is refused where it is %s'" },
  },
  {
    name: 'group-write-trusted',
    file: 'src/state/walk.ts',
    from: '(stat.mode & 0o020) !== 0 && stat.gid !== 0',
    to: '(stat.mode & 0o020) !== 0 && stat.gid < 0',
    caughtBy: { file: OPEN_FOLDER, line: "])('is refused where it is %s'" },
  },
  {
    name: 'gate-left-open',
    file: 'src/state/gates.ts',
    from: '        if (ours && distrust(now, [0]) !== undefined) {',
    to: '        if (ours && distrust(now, [0]) === undefined) {',
    caughtBy: { file: OPEN_FOLDER, line: "])('%s: killed at any change, and once more" },
  },
  {
    name: 'exchanged-below-open-folder',
    file: 'src/state/gates.ts',
    from: "now.ino !== seen.ino || (now.type === 'file' && now.nlink > 1)",
    to: "(now.type === 'file' && now.nlink > 1)",
    caughtBy: { file: OPEN_FOLDER, line: "])('is closed, but %s put below it" },
  },
  {
    name: 'hard-links-followed',
    file: 'src/state/unfit.ts',
    from: "  if (stat.type === 'file' && stat.nlink > 1) {",
    to: "  if (stat.type === 'file' && stat.nlink > 9) {",
    caughtBy: TARGET,
  },
  {
    name: 'mount-point-replaced',
    file: 'src/state/unfit.ts',
    from: '  if (sys.mountId(fd) !== sys.mountId(folder)) {',
    to: "  if (sys.mountId(fd) === '') {",
    caughtBy: TARGET,
  },
  {
    name: 'leaf-link-followed',
    file: 'src/state/unfit.ts',
    from: "  if (stat.type === 'symlink') {\n    throw new Refusal('it is a symbolic link; no link is followed');\n  }\n",
    to: '',
    caughtBy: TARGET,
  },
  {
    name: 'plan-not-compared',
    file: 'src/state/unfit.ts',
    from: '  if (!isExpected(step, now)) {',
    to: "  if (now.kind === 'absent' && !isExpected(step, now)) {",
    caughtBy: TARGET,
  },
  {
    name: 'capabilities-dropped',
    file: 'src/state/unfit.ts',
    from: "sys.extendedMetadata(fd).includes('security.capability=')",
    to: "sys.extendedMetadata(fd).includes('security.capability==')",
    caughtBy: TARGET,
  },
  {
    name: 'no-room-not-noticed',
    file: 'src/state/save.ts',
    from: '  if (freeBytes < need.bytes + SPARE_BYTES || freeInodes < need.inodes) {',
    to: '  if (freeBytes < need.bytes) {',
    caughtBy: TARGET,
  },
  {
    name: 'state-folder-of-others',
    file: 'src/state/place.ts',
    from: '  if (last && (stat.mode & 0o077) !== 0) {',
    to: '  if (last && (stat.mode & 0o007) !== 0) {',
    caughtBy: PLACE,
  },
  {
    name: 'state-folder-by-a-link',
    file: 'src/state/place.ts',
    from: 'const reason = stickyOfRoot ? undefined : distrust(stat, last ? [uid] : [0, uid]);',
    to: 'const reason = stickyOfRoot || !last ? undefined : distrust(stat, [uid]);',
    caughtBy: PLACE,
  },
  {
    name: 'state-on-tmpfs',
    file: 'src/state/place.ts',
    from: '  if (!allowVolatile && NOT_DURABLE.has(type)) {',
    to: "  if (!allowVolatile && type === '') {",
    caughtBy: PLACE,
  },
];
