import type { CodePage } from './page.ts';

/** H00: the command line, the environment and output. H1: files that were named. */
export const COMMAND_LINE_CODES = {
  H0061: {
    title: 'the time to keep changes is too long',
    why: 'A clock that takes changes back may run for 24 hours at most: an unkept change on a forgotten host helps nobody.',
    remedy: 'Give a shorter time, or go without a clock: harden apply --confirm-within never',
  },
  H0064: {
    title: 'the command line is not one of harden',
    why: 'A command, an option or a value was not understood. Nothing is guessed, since a guess might change the host.',
    remedy: 'The message names the nearest spelling. All options of a command: harden plan --help',
  },
  H0065: {
    title: 'a duration is not understood',
    why: 'Durations are a whole number and one unit: s, m, h or d.',
    remedy: 'Write it like 90s, 5m, 24h or 7d: harden plan --expires 24h',
  },
  H0066: {
    title: 'a folder is not given by its absolute path',
    why: 'A folder that holds snapshots must mean the same whatever the current folder is.',
    remedy: 'Give the path from / on. The message prints one that fits.',
  },
  H0067: {
    title: 'Docker is set to another machine',
    why: 'DOCKER_HOST or DOCKER_CONTEXT names an engine elsewhere, while harden reads and changes the files of this machine.',
    remedy:
      'unset DOCKER_HOST DOCKER_CONTEXT, or run harden on that machine; to plan for it from here: harden plan --from FILE',
  },
  H0068: {
    title: 'a plan file and a choice of controls exclude each other',
    why: 'A plan that was saved is approved as it stands; leaving something out would make it another plan.',
    remedy: 'Make a plan with that choice and apply it: harden plan -x ID -o FILE',
  },
  H0069: {
    title: 'standard output was asked for twice',
    why: 'Two renderings in one stream could not be told apart.',
    remedy: 'Give all but one a file: harden plan --json --report sarif:FILE',
  },
  H0070: {
    title: 'a report is not named as KIND:FILE',
    why: 'The part before the colon says what to write, the part after it where to.',
    remedy: 'harden plan --report html:report.html; the kinds stand in harden plan --help',
  },
  H0071: {
    title: '--config wants a file',
    why: 'Only doctor takes --config alone, to show what is in force.',
    remedy:
      'Name the file: harden plan --config /etc/harden/harden.json5; to see what is in force: harden doctor --config',
  },
  H0072: {
    title: 'a variable of the environment has a value that is none',
    why: 'A HARDEN_ variable says the same as an option, so the same values are possible.',
    remedy: 'Correct it or unset it. All variables with their values: harden doctor --config',
  },
  H0073: {
    title: 'standard output was closed too early',
    why: 'The program that read the output ended, or the disk behind it is full. What was done on the host is not affected.',
    remedy: 'To keep the whole result whatever reads the output: harden plan -o FILE',
  },
  H0074: {
    title: 'a file that was asked for cannot be written',
    why: 'The folder is missing, belongs to somebody else, or has no room. All else was done, and shown where it was to be shown.',
    remedy: 'Name another file.',
  },
  H0075: {
    title: 'the file of a new profile cannot be made',
    why: 'It is there already, and a profile that somebody wrote is not written over; or its folder takes no file.',
    remedy: 'Name another file: harden profile init /etc/harden/profiles.d/web.json5',
  },
  H0077: {
    title: 'changing this host needs root',
    why: 'The files, rules and services concerned belong to root.',
    remedy: 'Run it with sudo. To only look: harden plan',
  },
  H0078: {
    title: 'the environment steers the program',
    why: 'A variable such as LD_PRELOAD or NODE_OPTIONS can make a program do something else than it says, which is not acceptable where root changes a host.',
    remedy: 'The message prints the command without these variables.',
  },
  H0079: {
    title: 'a profile cannot be called like this file',
    why: 'The file name without .json5 becomes the name of the profile, which has only letters, digits and . _ - in it.',
    remedy: 'Name another file: harden profile init /etc/harden/profiles.d/web.json5',
  },
  H0085: {
    title: 'the value of --at, or what was given with it, is not possible',
    why: 'It takes boot, never, or a time as systemd.time(7) has it, in the next 30 days; nobody is there then to read files, reports and events of that moment.',
    remedy: 'To see what a time means: systemd-analyze calendar "Sun 03:00"',
  },
  H0130: {
    title: 'stopped by a signal',
    why: 'Somebody pressed Ctrl-C, or the system asked the program to end, before anything was changed.',
    remedy: 'Run the command again when it suits.',
  },
  H0131: {
    title: 'the time limit was reached',
    why: 'The command took longer than --timeout, or timeout in the configuration, allows. Before the first change it ends there; after it everything is put back, which takes the time it takes.',
    remedy: 'To see how this host stands: harden status. To give it more time: --timeout 30m',
  },
  H1000: {
    title: 'a bug in harden',
    why: 'Something happened that the program has no words for. A change that had begun is ended by the next run.',
    remedy:
      'To see whether a run was left open: harden status. Then report what harden --version and the same command with --debug print.',
  },
  H0086: {
    title: 'the time in SOURCE_DATE_EPOCH is no number of seconds',
    why: 'Plans and reports would say it as their time, so that the same input gives the same bytes; it holds something else than seconds since 1970, or a time to come.',
    remedy: 'Set it to a number such as that of date +%s, or take it away: unset SOURCE_DATE_EPOCH',
  },
  H1001: {
    title: 'a file that was named cannot be read',
    why: 'It is not there, is no file, is too large, or may not be read by whoever runs harden.',
    remedy: 'Look at it with ls -l, and name the right one.',
  },
  H1002: {
    title: 'a file is not trusted to change or judge this host',
    why: 'Somebody else may write to it, or to a folder above it, so root would carry out, or call well, what they want.',
    remedy: 'Look at it, copy it to where only root may write: install -m 0600 FILE /root/',
  },
  H1020: {
    title: 'a plan file is damaged or no plan',
    why: 'It is cut off, was edited, or is something else. A plan is what was approved, so one that differs by a letter is refused.',
    remedy: 'Make it again: harden plan -o FILE',
  },
  H1021: {
    title: 'a plan file comes from a newer harden',
    why: 'It may ask for something this version does not know.',
    remedy: 'Plan with this version, or apply with that one: harden plan -o FILE',
  },
  H1032: {
    title: 'a file is not a recording of a host',
    why: 'It is cut off, was edited, or is something else.',
    remedy: 'Record the host again, there: harden record -o FILE',
  },
  H1033: {
    title: 'a recording comes from a newer harden',
    why: 'It may hold facts this version would read wrongly.',
    remedy: 'Plan with that version, or record the host with this one: harden record -o FILE',
  },
  H1034: {
    title: 'a folder cannot be taken as a root folder',
    why: '--root wants a folder that holds the etc and usr of a host.',
    remedy: 'Name that folder: harden plan --root /srv/image',
  },
  H1102: {
    title: 'a configuration file of this host is broken',
    why: 'The program that reads it would refuse it, so nobody can tell what holds now, and an edit might make it worse.',
    remedy: 'Correct the place the message names, then: harden plan. Or leave its controls out: harden apply -x ID',
  },
} as const satisfies Readonly<Record<string, CodePage>>;
