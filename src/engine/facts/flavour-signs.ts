import { absPath, joinPath } from '../../model/brand.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import { PROGRAM_FOLDERS } from './binaries.ts';
import type { EngineAnswers } from './engine-api.ts';
import type { FlavourSigns } from './flavour.ts';
import type { InstalledPackages } from './packages.ts';
import { isThere, namesIn, objectMember, textMember, textOrEmpty } from './reading.ts';

const KUBELETS = ['kubelet', 'k3s-server', 'k3s-agent', 'rke2'] as const;
const DESKTOP_BACKEND = 'com.docker.backend';
/** Processes that tell what kind of host this is. */
export const SIGN_PROCESSES: readonly string[] = [...KUBELETS, DESKTOP_BACKEND];

export interface SignParts {
  readonly processes: readonly ProcessInfo[];
  readonly processesKnown: boolean;
  readonly hasAnswered: boolean;
  readonly answers: EngineAnswers;
  readonly packages: InstalledPackages;
}

export function readFlavourSigns(host: HostReader, parts: SignParts): FlavourSigns {
  const { processes, processesKnown, hasAnswered, answers, packages } = parts;
  const there = (...paths: readonly string[]): boolean => paths.some((path) => isThere(host, absPath(path)));
  return {
    hostKind: host.kind,
    daemons: processes.filter((one) => one.name === 'dockerd'),
    processesKnown,
    answered: hasAnswered,
    systemBinary: PROGRAM_FOLDERS.map((folder) => joinPath(folder, 'dockerd')).find((path) => isThere(host, path)),
    packages: new Set(packages.versions.keys()),
    dockerRepository: there('/etc/yum.repos.d/docker-ce.repo', '/etc/zypp/repos.d/docker-ce.repo'),
    platform: textMember(objectMember(answers.versionInfo, 'Platform'), 'Name') ?? '',
    snap: there('/snap/docker', '/var/lib/snapd/snap/docker', '/etc/systemd/system/snap.docker.dockerd.service'),
    desktop:
      there('/opt/docker-desktop', '/mnt/wsl/docker-desktop') || processes.some((one) => one.name === DESKTOP_BACKEND),
    rootlessUnits: rootlessAccounts(host),
    podman: packages.versions.has('podman-docker') || leadsToPodman(host),
    kubelet: KUBELETS.find((name) => processes.some((one) => one.name === name)),
  };
}

function rootlessAccounts(host: HostReader): readonly string[] {
  const homes = absPath('/home');
  return namesIn(host, homes).filter((name) =>
    isThere(host, joinPath(homes, `${name}/.config/systemd/user/docker.service`)),
  );
}

function leadsToPodman(host: HostReader): boolean {
  const docker = absPath('/usr/bin/docker');
  const real = host.realPath(docker);
  if (real.status !== 'present') {
    return false;
  }
  const size = host.stat(real.value);
  const isScript = size.status === 'present' && size.value.size < 4096;
  return real.value.endsWith('/podman') || (isScript && textOrEmpty(host, real.value).includes('podman'));
}
