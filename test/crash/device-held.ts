import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { jailed } from './block-job.ts';
import type { DeviceFault } from './device-qmp.ts';

/** A block device with an empty ext4, to be mounted in any namespace; gone when it is disposed of and no longer mounted. */
export interface FaultyDevice extends AsyncDisposable {
  /** `/dev/loopN`. */
  readonly device: string;
  /** The next flush or write ends with EIO, once. */
  failOnce(fault: DeviceFault): Promise<void>;
  mend(): Promise<void>;
}

export async function faultyDevice(): Promise<FaultyDevice> {
  const [command, ...args] = jailed('./device-keeper.ts');
  const keeper = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => keeper.once('close', resolve));
  const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) {
      throw new Error('the keeper of the disk has ended');
    }
    return line.value;
  };
  const order = async (word: string): Promise<void> => {
    keeper.stdin.write(`${word}\n`);
    await nextLine();
  };
  return {
    device: await nextLine(),
    failOnce: order,
    mend: () => order('mend'),
    [Symbol.asyncDispose]: async () => {
      keeper.stdin.end();
      await ended;
    },
  };
}
