import type { CodePage } from './page.ts';

/** H20: the catalogue, profiles and runs. H21: the folder of snapshots. H22, H23: what is changed. */
export const STATE_CODES = {
  H2001: {
    title: 'the catalogue of remediations has mistakes',
    why: 'A file below remediations/ does not follow its schema, or two of them contradict each other.',
    remedy: 'Correct the places that are named; remediations/README.md describes the files.',
  },
  H2002: {
    title: 'a profile file has mistakes',
    why: 'A key, a control or a value in it is not known. Ignoring it would harden less than was asked for.',
    remedy: 'Correct the places that are named: harden schema profile prints what such a file may hold.',
  },
  H2003: {
    title: 'there is no profile of this name',
    why: 'The name after -p is none that comes with harden, and has no slash that would make it a file.',
    remedy: 'Take the name the message offers, or a file by its path: harden plan -p ./web.json5',
  },
  H2004: {
    title: 'a choice of controls matches nothing',
    why: 'A number, name, range or tag given with -c or -x, a section, a level or a severity fits no control of the profile, or no control fits all that was given. Passing over it would hide a typing error, and nothing looked at would seem in order.',
    remedy: 'Every control with its number: harden plan',
  },
  H2005: {
    title: 'there is no such control',
    why: 'What was to be explained is no number and no name in the benchmark of this profile.',
    remedy: 'Every control with its number: harden plan --json',
  },
  H2006: {
    title: 'the plan has no change of this number',
    why: 'Changes are counted anew for every plan, so a number belongs to the plan of this moment.',
    remedy: 'To see them: harden plan',
  },
  H2007: {
    title: 'there is no such error code',
    why: 'What was to be explained looks like a code of harden, and none has this number.',
    remedy: 'The code is the last line of an error. All of them: harden help errors',
  },
  H2008: {
    title: 'a choice of controls where no change is explained',
    why: 'Changes are numbered in the plan of the controls that were chosen; a control or a code means the same in every plan.',
    remedy: 'Leave the choice out, or give the number of a change: harden explain 2 -c 2.*',
  },
  H2010: {
    title: 'a snapshot holds no plan this version can read',
    why: 'It was made by another version of harden, so the way back cannot be shown and approved as a plan.',
    remedy: 'Use the version that made it: harden snapshot show ID names it.',
  },
  H2011: {
    title: 'there is no such snapshot',
    why: 'Nothing was applied here yet, or no snapshot that was kept begins with this id, or more than one does.',
    remedy: 'To see what was kept: harden snapshot list',
  },
  H2012: {
    title: 'a rollback is not taken back',
    why: 'Taking a rollback back would make changes nobody looks at as a plan.',
    remedy: 'To make those changes again: harden apply',
  },
  H2013: {
    title: 'a run is no apply that was kept',
    why: '--since-run asks what an apply set and what became of it; this id is none, or that run was taken back.',
    remedy: 'To see what was kept: harden snapshot list',
  },
  H2014: {
    title: '--since-run and -c exclude each other',
    why: 'The run says by itself which controls it changed.',
    remedy: 'To leave some of them out: harden verify --since-run ID -x ID',
  },
  H2015: {
    title: 'a baseline of another host or benchmark',
    why: 'What was failing on another machine, or in another list of controls, says nothing of what is new on this one.',
    remedy: 'To make one for this host: harden verify --json -o FILE',
  },
  H2020: {
    title: 'a file of health checks has mistakes',
    why: 'A check that is passed over would let a broken host through.',
    remedy: 'Correct the places that are named: harden schema health prints what such a file may hold.',
  },
  H2022: {
    title: 'there is no run without an end of this id',
    why: 'Giving up is for a run that was killed and that harden recover could not end.',
    remedy: 'To see which runs have no end: harden recover',
  },
  H2023: {
    title: 'there is nothing to give up',
    why: 'The run has an end, was ended just now, or waits to be kept.',
    remedy: 'To see how this host stands: harden status',
  },
  H2024: {
    title: 'an earlier run could not be ended',
    why: 'What it left is taken back before anything new begins, and something stands in the way of that.',
    remedy: 'Mend what the lines above name, then: sudo harden recover',
  },
  H2030: {
    title: 'a file of waivers has mistakes',
    why: 'A waiver that is read wrongly would hide a finding, or bring back one that was accepted.',
    remedy: 'Correct the places that are named: harden schema waiver prints what such a file may hold.',
  },
  H2031: {
    title: 'a file of waivers is not trusted',
    why: 'It cannot be read, or somebody else than root may write to it and so decide what counts.',
    remedy: 'Give it to root with mode 0644 at most, and every folder above it as well.',
  },
  H2032: {
    title: 'the folder of waivers can be read by root only',
    why: 'Without it nobody can tell which controls are waived.',
    remedy: 'To look as root: sudo harden plan',
  },
  H2040: {
    title: 'the configuration has mistakes',
    why: 'A key or a value in it is not known. Passing over it would do something else than the file asks for.',
    remedy: 'Correct the places that are named: harden schema config prints what such a file may hold.',
  },
  H2041: {
    title: 'a file of the configuration is not trusted',
    why: 'It cannot be read, or somebody else than root may write to it and so decide what is done to this host.',
    remedy: 'Give it to root with mode 0644 at most, and every folder above it as well.',
  },
  H2042: {
    title: 'the configuration leaves out a control that is not there',
    why: 'An exclusion that matches nothing is a slip, or a number of another benchmark than that of the profile.',
    remedy: 'Write the name of the control in place of its number; harden profile show lists both.',
  },
  H2061: {
    title: 'a file is no exported snapshot',
    why: 'It is no tar archive, was cut off on its way, or holds something that is no part of a snapshot.',
    remedy: 'Export it again on its host: sudo harden snapshot export ID -o FILE',
  },
  H2062: {
    title: 'a snapshot is not exported there',
    why: 'It holds what files held, secrets too. So it goes into a new file of mode 0600, never over one that is there, nor to a terminal.',
    remedy: 'Name a new file on a disk that keeps it from others: sudo harden snapshot export ID -o /root/',
  },
  H2101: {
    title: 'the folder of snapshots is not safe',
    why: 'Somebody else may read or write it. Snapshots hold copies of files of root, and a rollback believes them.',
    remedy: 'Give it to root with mode 0700, or name another one with --state-dir.',
  },
  H2102: {
    title: 'the folder of snapshots does not outlast a crash',
    why: 'It is on a file system in memory or in the layer of a container, so after a power cut there would be no way back.',
    remedy: 'Name a folder on a disk with --state-dir, or knowingly go without: --accept-volatile-state',
  },
  H2103: {
    title: 'the folder of snapshots cannot be used',
    why: 'It cannot be opened, made or written to.',
    remedy: 'Run it as root, or name another folder with --state-dir.',
  },
  H2104: {
    title: 'another run is at work',
    why: 'Two runs that change one host at the same time would undo each other.',
    remedy: 'Wait until it has ended: harden status tells of it.',
  },
  H2105: {
    title: 'the lock could not be taken',
    why: 'The folder of the lock, /run/harden, cannot be written to.',
    remedy: 'Look at it with ls -ld /run/harden and df /run, then try again.',
  },
  H2106: {
    title: 'an earlier run has no end yet',
    why: 'It was killed in the middle. What it left has to be taken back or finished first.',
    remedy: 'sudo harden recover',
  },
  H2107: {
    title: 'a library keeps data from the disk',
    why: 'eatmydata in /etc/ld.so.preload turns waiting for the disk into nothing, so no snapshot surely outlasts a crash.',
    remedy: 'Take it out of that file, or knowingly go without: --accept-volatile-state',
  },
  H2110: {
    title: 'an object is not changed, since it could not be put back',
    why: 'It has a second name, lies behind a link, is immutable, or changed while it was looked at.',
    remedy: 'Do what the message says, or leave the change out: harden apply -x ID',
  },
  H2111: {
    title: 'there is not enough room for a snapshot',
    why: 'The copies that make a way back, and some to spare, do not fit.',
    remedy: 'Free some room, or name a folder on another disk with --state-dir.',
  },
  H2112: {
    title: 'the snapshot could not be made',
    why: 'Copying or writing failed before anything was changed.',
    remedy: 'Look at the disk of /var/lib/harden, then try again.',
  },
  H2113: {
    title: 'the way back was tried out and does not work',
    why: 'Every snapshot is put back into an empty folder first. What cannot be restored there is not changed.',
    remedy: 'Leave it out, or mend what the message names: harden apply -x ID',
  },
  H2120: {
    title: 'a snapshot is not there',
    why: 'No snapshot that was kept has this id.',
    remedy: 'To see their ids: harden snapshot list',
  },
  H2121: {
    title: 'a snapshot is damaged',
    why: 'What is kept does not have the checksums it was kept with. A rollback from it would write something else than was there.',
    remedy: 'To see what of it is whole: harden snapshot verify ID',
  },
  H2130: {
    title: 'a step of a change failed',
    why: 'The system refused a write, or what was to be changed is not as it was a moment ago.',
    remedy: 'Everything is put back by itself. Mend what the message names, then: harden plan',
  },
  H2131: {
    title: 'a change could not be made final',
    why: 'The last word did not reach the disk, so it counts as not done.',
    remedy: 'Everything is put back by itself. Look at the disk of /var/lib/harden, then: harden plan',
  },
  H2132: {
    title: 'nobody can tell whether a change became final',
    why: 'The disk failed while the last word was written. Nothing is touched until it can be read again.',
    remedy: 'Once the disk can be written again: sudo harden recover',
  },
  H2201: {
    title: 'a file whose access was to be set cannot be looked at',
    why: 'It is gone since the plan was made, or reading its mode fails.',
    remedy: 'Plan again: harden plan',
  },
  H2202: {
    title: 'a file that sets the access of a socket cannot be read',
    why: 'The access of the socket is kept in a unit or a configuration file, which is edited and not replaced.',
    remedy: 'Mend or move the file the message names, then: harden plan',
  },
  H2301: {
    title: 'the file of audit rules cannot be read',
    why: 'harden keeps its rules in one file of its own and adds to what stands there.',
    remedy: 'Move that file away, then: harden plan',
  },
} as const satisfies Readonly<Record<string, CodePage>>;
