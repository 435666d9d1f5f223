import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openStage, run } from './block-stage.ts';
import { serveFaulty } from './device-qmp.ts';

/*
 * One ext4 on a disk that can be made to fail, for hosts with namespaces of their own; to be started by `faultyDevice`. Says the name of
 * the block device in a line; then takes `flush`, `write` and `mend` and answers each by a line. Ends with its input.
 */
const stage = openStage({ fileSystem: 'ext4', layout: 'one', mountOptions: [] });
const image = join(stage.dir, 'disk.img');
stage.format(image);
const disk = serveFaulty(stage.dir, image);
const point = join(stage.dir, 'held');
mkdirSync(point);
run('mount', '-t', 'ext4', '-o', 'loop', disk.path, point);
const device = run('findmnt', '--noheadings', '--output', 'SOURCE', '--mountpoint', point).trim();
// A device that was made by a mount lives as long as somebody has it open.
openSync(device, 'r');
run('umount', point);
say(device);
for await (const line of createInterface({ input: process.stdin })) {
  switch (line) {
    case 'flush':
    case 'write':
      disk.failOnce(line);
      break;
    case 'mend':
      disk.mend();
      break;
    default:
      throw new Error(`no such order: ${line}`);
  }
  say('done');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
