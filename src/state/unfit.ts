import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { type ObjectState, sameAccess } from './manifest.ts';
import type { ObjectInput } from './state-after.ts';
import { Refusal } from './trouble.ts';
import { holdingObject } from './walk.ts';

/** @throws Refusal for an object that no step, or not this one, may change. The content is not looked at. */
export function refuseUnfit(sys: Sys, folder: Fd, name: string, step: ObjectInput | undefined): void {
  if (step !== undefined && step.kind !== 'set-access') {
    sys.checkWritable(folder);
  }
  holdingObject(sys, folder, name, (fd, stat) => {
    refuseKind(stat, step);
    if (stat.type !== 'directory' || step?.kind !== 'set-access') {
      refuseMountPoint(sys, folder, fd);
    }
    sys.checkWritable(fd);
    if (
      step !== undefined &&
      dropsCapabilities(step, stat) &&
      sys.extendedMetadata(fd).includes('security.capability=')
    ) {
      throw new Refusal('it carries file capabilities, which the kernel drops at this change');
    }
  });
}

function refuseKind(stat: FileStat, step: ObjectInput | undefined): void {
  if (stat.type === 'symlink') {
    throw new Refusal('it is a symbolic link; no link is followed');
  }
  if (stat.type === 'file' && stat.nlink > 1) {
    throw new Refusal(`it has ${stat.nlink} names (hard links); the others would change, or stay behind`);
  }
  if (stat.type === 'character-device' || stat.type === 'block-device') {
    throw new Refusal('it is a device');
  }
  if ((step?.kind === 'write-file' || step?.kind === 'remove-file') && stat.type !== 'file') {
    throw new Refusal(`it is a ${stat.type}, not a regular file`);
  }
}

function refuseMountPoint(sys: Sys, folder: Fd, fd: Fd): void {
  if (sys.mountId(fd) !== sys.mountId(folder)) {
    throw new Refusal('it is a mount point of its own');
  }
}

function dropsCapabilities(step: ObjectInput, stat: FileStat): boolean {
  if (stat.type !== 'file') {
    return false;
  }
  return (
    step.kind === 'write-file' ||
    (step.kind === 'set-access' && (step.access.uid !== stat.uid || step.access.gid !== stat.gid))
  );
}

/** @throws Refusal where the object is not what the step was planned for. */
export function refuseUnexpected(step: ObjectInput, now: ObjectState): void {
  if (!isExpected(step, now)) {
    throw new Refusal('it is not as it was when the plan was made');
  }
}

function isExpected(step: ObjectInput, now: ObjectState): boolean {
  switch (step.kind) {
    case 'write-file':
    case 'remove-file':
      return (now.kind === 'object' ? now.content?.sha256 : null) === step.expected;
    case 'make-directory':
      return now.kind === 'absent';
    case 'remove-directory':
      return now.kind === 'object' && now.fileType === 'directory';
    case 'set-access':
      return now.kind === 'object' && now.fileType === step.fileType && sameAccess(now.access, step.expected);
  }
}
