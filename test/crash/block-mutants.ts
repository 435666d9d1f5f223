import type { Fd, Sys } from '../../src/model/sys.ts';
import type { Side, SysWrapper } from './block-host.ts';
import type { WrapperName } from './block-job.ts';

/** What a broken product forgets to bring to the disk. */
export type Forgotten = 'tempSync' | 'folderSync' | 'blobSync' | 'journalSync' | 'manifestSync' | 'recordsSync';

/** Names a function of this file, to be handed to a worker. */
export function mutant(forgotten: Forgotten): WrapperName {
  return { module: import.meta.url, name: `without${forgotten.charAt(0).toUpperCase()}${forgotten.slice(1)}` };
}

/** New content of targets is not synced before it is put in place. */
export const withoutTempSync: SysWrapper = forgetting(
  ({ side, name }) => side === 'target' && name.startsWith('.harden-'),
);

/** The names in the targets' folders are not synced. */
export const withoutFolderSync: SysWrapper = forgetting(({ side, isFolder }) => side === 'target' && isFolder);

export const withoutBlobSync: SysWrapper = forgetting(({ name }) => /^(before|new)-/.test(name));

export const withoutJournalSync: SysWrapper = forgetting(({ name }) => name === 'journal');

export const withoutManifestSync: SysWrapper = forgetting(({ name }) => name.startsWith('manifest.json'));

/** Neither copy of the plan is synced. */
export const withoutRecordsSync: SysWrapper = forgetting(({ name }) => /^(manifest\.json|journal)/.test(name));

interface Synced {
  readonly side: Side;
  /** In its folder; empty for what was opened by its whole path. */
  readonly name: string;
  readonly isFolder: boolean;
}

/** Leaves out the syncs `isForgotten` says; all else goes through. */
export function forgetting(isForgotten: (synced: Synced) => boolean): SysWrapper {
  return (sys: Sys, side: Side): Sys => {
    const names = new Map<Fd, string>();
    const named =
      (open: (directory: Fd, name: string) => Fd) =>
      (directory: Fd, name: string): Fd => {
        const fd = open(directory, name);
        names.set(fd, name);
        return fd;
      };
    return {
      ...sys,
      openObject: named((directory, name) => sys.openObject(directory, name)),
      createFile: named((directory, name) => sys.createFile(directory, name)),
      openFile: named((directory, name) => sys.openFile(directory, name)),
      close: (fd) => {
        names.delete(fd);
        sys.close(fd);
      },
      sync: (fd) => {
        if (!isForgotten({ side, name: names.get(fd) ?? '', isFolder: sys.stat(fd).type === 'directory' })) {
          sys.sync(fd);
        }
      },
    };
  };
}
