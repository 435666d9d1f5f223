import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Machine, newMachine } from './machine.ts';
import { SLOW_HOST } from './qemu.ts';

const execFileAsync = promisify(execFile);

const IMAGE = join(process.env['HARDEN_TEST_MACHINES'] ?? '/var/cache/harden-test/machines', 'trixie');
const BUILT = join(import.meta.dirname, '../../dist/harden');
/** The two kinds of clock cannot read each other's states. */
const KIND = SLOW_HOST ? '-slow' : '';
/** Room for the executable on a disk whose size never changes. */
const EXTRA_BYTES = 2 ** 28;
export const HARDEN = '/usr/local/sbin/harden';
export const SITE_JSON = '{\n\t"ip6tables": false,\n\t"labels": ["site=north"  ,"rack=7"]\n}';

/**
 * A site's own settings, one container that comes back with the engine, a socket that everybody may use by its unit. What the site
 * wrote is to be kept.
 */
const SITE = `
set -e
systemctl stop docker.service docker.socket
sed -i s/^SocketMode=.*/SocketMode=0666/ /usr/lib/systemd/system/docker.socket
mkdir -p /etc/docker/certs.d/registry.example:5000
printf '%s' '${SITE_JSON}' >/etc/docker/daemon.json
chmod 0640 /etc/docker/daemon.json
printf '%s\\n' '# of the site' '-w /etc/passwd -p wa -k identity' >/etc/audit/rules.d/10-site.rules
chmod 0640 /etc/audit/rules.d/10-site.rules
augenrules --load >/dev/null 2>&1
systemctl daemon-reload
systemctl start docker.socket docker.service
folder=$(mktemp -d)
mkdir "$folder/bin"
cp /bin/busybox.static "$folder/bin/busybox"
for name in sh sleep httpd; do ln -s busybox "$folder/bin/$name"; done
tar -C "$folder" -c . | docker import - shop/web:1.4
rm -r "$folder"
docker run -d --name web --stop-timeout 1 --restart unless-stopped -p 8080:80 shop/web:1.4 httpd -f -p 80
sync`;

const INSTALL = (bytes: number): string => `
set -e
head -c ${bytes} /dev/vdb >${HARDEN}
chmod 0755 ${HARDEN}
${HARDEN} --version
sync`;

/** Machines that run already, each with a disk of its own and the executable that was built. */
export interface Machines {
  /** Holds all their disks; whoever started them removes it. */
  readonly folder: string;
  /** A second or two. */
  another(): Promise<Machine>;
}

/** Why there can be none here; undefined where there can. */
export function lackingForMachines(): string | undefined {
  if (process.geteuid?.() !== 0) {
    return 'needs root';
  }
  for (const path of ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-img', '/usr/bin/zstd']) {
    if (!existsSync(path)) {
      return `needs ${path} (Debian: qemu-system-x86, qemu-utils, zstd)`;
    }
  }
  if (!existsSync(join(IMAGE, 'initrd-lean.img'))) {
    return 'no image of a machine: test/machine/build-image.sh';
  }
  return existsSync(BUILT) ? undefined : 'dist/harden is not there: npm run build';
}

/** The first time it takes a boot, which is kept beside the image; later only the executable is put in. */
export async function startMachines(): Promise<Machines> {
  await execFileAsync(join(import.meta.dirname, 'build-image.sh'), ['trixie']);
  const stage = await stageOfSite();
  const folder = await mkdtemp(join(tmpdir(), 'harden-vm-'));
  try {
    const installed = { disk: join(folder, 'installed.qcow2'), state: join(folder, 'installed.state') };
    const extra = join(folder, 'extra');
    await copyFile(BUILT, extra);
    const { size } = await stat(extra);
    await truncate(extra, EXTRA_BYTES);
    await overlay(stage.disk, installed.disk);
    await using machine = await machineIn(join(folder, 'first'), installed.disk, extra);
    await machine.wake(stage.state);
    await machine.check(INSTALL(size));
    await machine.keep(installed.state);
    let count = 0;
    return {
      folder,
      another: async () => {
        count += 1;
        const home = join(folder, String(count));
        const disk = join(folder, `${count}.qcow2`);
        await overlay(installed.disk, disk);
        const another = await machineIn(home, disk, extra);
        await another.wake(installed.state);
        return another;
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

interface Stage {
  readonly disk: string;
  readonly state: string;
}

async function stageOfSite(): Promise<Stage> {
  const sources = await Promise.all(['qemu.ts', 'machine.ts'].map((name) => readFile(join(import.meta.dirname, name))));
  const image = await readFile(join(IMAGE, 'made-by'));
  const key = createHash('sha256')
    .update(Buffer.concat([image, Buffer.from(SITE), ...sources]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(IMAGE, `stage-${key}${KIND}`);
  const stage = { disk: join(folder, 'disk.qcow2'), state: join(folder, 'state') };
  if (!existsSync(folder)) {
    await makeStage(folder);
  }
  return stage;
}

async function makeStage(folder: string): Promise<void> {
  const [work, scratch] = [`${folder}.${process.pid}`, await mkdtemp(join(tmpdir(), 'harden-vm-'))];
  try {
    await mkdir(work);
    const extra = join(scratch, 'extra');
    await writeFile(extra, '');
    await truncate(extra, EXTRA_BYTES);
    await overlay(join(IMAGE, 'base.qcow2'), join(work, 'disk.qcow2'));
    await using machine = await machineIn(scratch, join(work, 'disk.qcow2'), extra);
    await machine.powerOn();
    await machine.check(SITE, 300_000);
    await machine.keep(join(work, 'state'));
    const old = (await readdir(IMAGE)).filter(
      (name) => name.replace(/^stage-[0-9a-f]{16}/, 'stage') === `stage${KIND}` && !folder.endsWith(name),
    );
    await Promise.all(old.map((name) => rm(join(IMAGE, name), { recursive: true })));
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(scratch, { recursive: true });
  }
}

async function machineIn(folder: string, disk: string, extra: string): Promise<Machine> {
  await mkdir(folder, { recursive: true });
  return newMachine({ folder, disk, extra, kernel: join(IMAGE, 'vmlinuz'), initrd: join(IMAGE, 'initrd-lean.img') });
}

async function overlay(on: string, disk: string): Promise<void> {
  await execFileAsync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', on, disk]);
}
