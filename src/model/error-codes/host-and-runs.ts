import type { CodePage } from './page.ts';

/** H3: the host. H4: consent and plans that do not apply. H5: health. H6: keep or revert. */
export const RUN_CODES = {
  H3001: {
    title: 'this host is not one harden changes',
    why: 'The engine is of a kind (rootless, a snap, Podman, another system) whose files and way of starting are not known well enough to give a way back.',
    remedy: 'To see what can be said about it: harden plan',
  },
  H3002: {
    title: 'the Docker engine does not answer',
    why: 'Without an answer nobody can tell what it runs with, nor whether a restart would harm.',
    remedy: 'systemctl status docker; or leave these controls out: harden apply -x ID',
  },
  H3010: {
    title: 'dockerd would not start with the planned configuration',
    why: 'dockerd itself was asked to check the new file and refused it. The old one is untouched.',
    remedy: 'Plan again: harden plan',
  },
  H3011: {
    title: 'an edit of daemon.json would keep docker from starting',
    why: 'A key stands in the file and on the command line of dockerd, or the file has a mistake that dockerd refuses.',
    remedy: 'Mend what the message names, then: harden plan',
  },
  H3020: {
    title: 'the folder /proc is missing or hides processes',
    why: 'Every file is changed through /proc/self/fd, and what runs is read from /proc. Without it nothing can be changed safely.',
    remedy: 'mount -t proc proc /proc, or mount -o remount,hidepid=0 /proc',
  },
  H3021: {
    title: 'some attributes of files cannot be seen',
    why: 'Without CAP_SYS_ADMIN the kernel hides trusted.* attributes. A file that is replaced would lose them, and nobody would notice.',
    remedy: 'Run harden as root with all capabilities, on the host itself.',
  },
  H4001: {
    title: 'approval is needed, and there is nobody to ask',
    why: 'Nothing is changed without consent. There is no terminal here, or questions were switched off.',
    remedy:
      'Run it on a terminal, or approve a class of plans: harden apply --yes --max-risk medium --max-impact restart',
  },
  H4002: {
    title: 'the plan goes beyond what --yes covers',
    why: 'Consent without a look at the plan has a ceiling, and one or more changes are above it. No ceiling covers what cannot be undone, may keep somebody out, or removes containers that were started with --rm.',
    remedy:
      'Raise --max-risk or --max-impact as far as the message says and name with --accept what no ceiling covers, or leave the change out with -x',
  },
  H4003: {
    title: 'a plan does not fit this host any more',
    why: 'It has expired, was made on another host or by another version, or what it found has changed since.',
    remedy: 'Plan again: harden plan -o FILE',
  },
  H4006: {
    title: 'a run did not succeed and was taken back',
    why: 'A step failed, or the host was not as it should be afterwards. Everything was put back and looked at again.',
    remedy: 'Mend what the message names, then: harden plan',
  },
  H4007: {
    title: 'a run did not succeed, and not everything is as before',
    why: 'A step failed, and so did a part of the way back.',
    remedy: 'Do what the lines above say, then: sudo harden recover',
  },
  H4010: {
    title: 'an apply changed nothing for these controls',
    why: 'Only what a run changed can be taken back from it.',
    remedy: 'To see what it changed: harden snapshot show ID',
  },
  H4011: {
    title: 'parts of an apply go back together only',
    why: 'One change needs another one, or both wrote the same thing.',
    remedy: 'Name both, or take all of it back: harden rollback --plan',
  },
  H5001: {
    title: 'a health check fails before anything was done',
    why: 'A check that fails already could not tell whether a change harmed.',
    remedy: 'Mend what it tells of, or take the check out, then: harden apply',
  },
  H5002: {
    title: 'a file of health checks cannot be used',
    why: 'It is not there, cannot be read, or somebody else than root may write to it. What it says runs as root.',
    remedy: 'Give it to root with mode 0644 at most, and every folder above it as well.',
  },
  H5003: {
    title: 'the value of --health is not understood',
    why: 'It takes a file, a folder, or a program by its absolute path with plain words after it.',
    remedy: 'Put anything with quotes into a file: harden schema health prints what it may hold.',
  },
  H5004: {
    title: 'the engine does not tell which containers run',
    why: 'It answers, but not this question, so after a restart nobody could tell whether all of them came back.',
    remedy: 'See what it says to docker inspect $(docker ps -q), mend that, then: harden apply',
  },
  H5010: {
    title: 'a hook of this site did not end well',
    why: 'A program in /etc/harden/hooks.d failed, or took longer than it may. Hooks are told what was done; they decide nothing, so it stays as it is.',
    remedy: 'Run it by hand with the document it gets: harden report ID --format json | HOOK',
  },
  H5011: {
    title: 'a hook of this site was not run',
    why: 'It is no regular file, or somebody else than root could change it or a folder above it. Hooks run as root.',
    remedy: 'Give it to root with mode 0755 at most, and every folder above it as well.',
  },
  H6001: {
    title: 'a folder has no clock',
    why: 'With --root nothing runs there that could take changes back after a time.',
    remedy: 'Leave --confirm-within out.',
  },
  H6002: {
    title: 'a clock cannot take back what cannot be undone',
    why: 'The plan has such changes, so a promise to revert would be empty.',
    remedy: 'Leave them out with -x, or go without a clock: --confirm-within never',
  },
  H6003: {
    title: 'a clock may not start this program',
    why: 'Somebody else than root may write to the executable or a folder above it, and the clock runs it as root.',
    remedy: 'Do what the message says, or go without a clock: --confirm-within never',
  },
  H6004: {
    title: 'there is no clock that outlasts everything',
    why: 'You work from another machine, and without systemd a reboot would stop the clock.',
    remedy: 'Choose knowingly: --confirm-within 5m or --confirm-within never',
  },
  H6005: {
    title: 'the clock does not work here',
    why: 'It was started once as a trial, and that failed.',
    remedy: 'systemctl status; or go without a clock: --confirm-within never',
  },
  H6010: {
    title: 'a run does not wait to be kept',
    why: 'It was kept or taken back already.',
    remedy: 'To see what became of it: harden status',
  },
  H6011: {
    title: 'nothing waits to be kept',
    why: 'No run here has a clock that would take it back, or none with this id.',
    remedy: 'To see how this host stands: harden status',
  },
  H6012: {
    title: 'a run was taken back before it was kept',
    why: 'Its time ran out, or the host started anew, before anybody said harden confirm.',
    remedy: 'To make the changes again: harden apply',
  },
  H6013: {
    title: 'what is kept of open runs cannot be used',
    why: 'The disk of /var/lib/harden fails, or what stands there is damaged.',
    remedy: 'Once the disk can be used again: harden status',
  },
  H6020: {
    title: 'changes wait to be kept',
    why: 'They are taken back unless somebody keeps them, and until then nothing else begins.',
    remedy: 'To keep them: harden confirm; to take them back now: harden rollback',
  },
  H6030: {
    title: 'an apply cannot be set for later here',
    why: 'It needs systemd, a folder /etc/systemd/system that can be written to, and a time that is still to come.',
    remedy: 'Let another clock do it, with a plan that was saved: harden apply FILE --approve DIGEST',
  },
  H6031: {
    title: 'a clock may not start this program later',
    why: 'Somebody else than root may write to the executable or a folder above it, and at that time it runs as root.',
    remedy: 'Do what the message says, then: harden apply --at TIME',
  },
  H6032: {
    title: 'an apply is set for later already',
    why: 'There is one at most, so that nobody has to guess which of two comes first.',
    remedy: 'To see it: harden status; to take it back: harden apply --at never',
  },
  H6033: {
    title: 'what was approved for a time cannot be read any more',
    why: 'The file in the state folder is damaged or was edited, so nobody can tell what was approved.',
    remedy: 'To approve again: harden apply --at TIME',
  },
  H6034: {
    title: 'the time it was approved for went by',
    why: 'What is set for a time begins within five minutes of it or not at all: a machine that slept over it would make the change on waking, in the middle of the day.',
    remedy: 'To set it anew: sudo harden apply --at TIME',
  },
} as const satisfies Readonly<Record<string, CodePage>>;
