import fc from 'fast-check';
import { expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { FileAccessDesired } from '../../../src/model/remediation.ts';
import { dropInText, type WantedSettings } from '../../../src/resources/file-access/socket-unit.ts';
import { acceptedAccess, sameAccess, settingsNeeded } from '../../../src/resources/file-access/wanted.ts';
import type { SocketGroup } from '../../../src/resources/common/socket-group.ts';
import { SOCKET_KEYS, socketSettings } from '../../../src/resources/common/socket-settings.ts';

const mode = fc.integer({ min: 0, max: 0o7777 });
const id = fc.integer({ min: 0, max: 70_000 });
const stat = fc.record({
  type: fc.constantFrom('file' as const, 'directory' as const, 'socket' as const),
  mode,
  uid: id,
  gid: id,
});
const group: fc.Arbitrary<SocketGroup> = id.map((gid) => ({
  status: 'known',
  gid,
  name: 'docker',
  source: 's',
  read: 'r',
}));
const desired: fc.Arbitrary<FileAccessDesired> = fc
  .record({
    atMost: fc.option(
      mode.map((bits) => bits.toString(8).padStart(4, '0')),
      { nil: undefined },
    ),
    owner: fc.constantFrom('root' as const, undefined),
    group: fc.constantFrom('root' as const, 'socket-group' as const, undefined),
  })
  .map(({ atMost, owner, group: name }) => ({
    type: 'file-access',
    subject: 'docker-socket',
    ...(atMost === undefined ? {} : { atMost }),
    ...(owner === undefined ? {} : { owner }),
    ...(name === undefined ? {} : { group: name }),
  }));

test('no bit is ever given, and no owner or group but the wanted one', () => {
  fc.assert(
    fc.property(desired, stat, group, (wanted, now, socketGroup) => {
      const after = acceptedAccess(wanted, now, socketGroup);
      expect(after).toBeDefined();
      if (after !== undefined) {
        expect(after.mode & ~now.mode).toBe(0);
        expect([now.uid, 0]).toContain(after.uid);
        expect([now.gid, 0, socketGroup.status === 'known' ? socketGroup.gid : 0]).toContain(after.gid);
      }
    }),
    { numRuns: 5000 },
  );
});

test('what was accepted once is accepted as it is', () => {
  fc.assert(
    fc.property(desired, stat, group, (wanted, now, socketGroup) => {
      const once = acceptedAccess(wanted, now, socketGroup);
      const twice = once === undefined ? undefined : acceptedAccess(wanted, { ...now, ...once }, socketGroup);
      expect(once !== undefined && twice !== undefined && sameAccess(once, twice)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test('a file that changes hands never keeps set-user-id or set-group-id', () => {
  fc.assert(
    fc.property(desired, stat, group, (wanted, now, socketGroup) => {
      const after = acceptedAccess(wanted, now, socketGroup);
      const changed = after !== undefined && (after.uid !== now.uid || after.gid !== now.gid);
      expect(changed && now.type === 'file' && (after.mode & 0o6000) !== 0).toBe(false);
    }),
    { numRuns: 5000 },
  );
});

const line = fc.oneof(
  fc.constantFrom(
    '[Socket]',
    '[Unit]',
    '',
    '# note',
    'Backlog=5',
    'SocketMode=',
    'SocketMode=0666',
    'SocketMode=bad',
    'SocketUser=bob',
    'SocketGroup=docker',
  ),
  mode.map((bits) => `SocketMode = ${bits.toString(8)}`),
);
const unitText = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));

test('a drop-in says what is wanted, keeps every other line, and is not written twice', () => {
  fc.assert(
    fc.property(desired, unitText, fc.option(unitText, { nil: undefined }), (wanted, unit, own) => {
      const file = absPath('/etc/systemd/system/docker.socket.d/50-harden.conf');
      const read = (text: string | undefined) => [
        { path: absPath('/usr/lib/systemd/system/docker.socket'), text: unit },
        ...(text === undefined ? [] : [{ path: file, text }]),
      ];
      const needed = (text: string | undefined): WantedSettings =>
        settingsNeeded(wanted, { name: 'docker.socket', settings: socketSettings(read(text)), dropIn: undefined });
      const settings = needed(own);
      const text = dropInText(own, settings);
      expect(needed(text)).toEqual({});
      expect(dropInText(text, settings)).toBe(text);
      const foreign = (lines: string | undefined): readonly string[] =>
        (lines ?? '')
          .split('\n')
          .filter((one) => one.trim() !== '' && one !== '[Socket]' && !SOCKET_KEYS.some((key) => one.startsWith(key)));
      expect(foreign(text).filter((one) => !one.startsWith('# Keeps'))).toEqual(foreign(own));
    }),
    { numRuns: 3000 },
  );
});
