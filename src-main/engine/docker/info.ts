import type { EngineInfo } from '../engine.ts'
import type { DockerClient } from './client.ts'

interface DockerInfo {
  ID: string
  Name: string
  ServerVersion: string
  OperatingSystem: string
  OSType: string
  Architecture: string
  KernelVersion: string
  NCPU: number
  MemTotal: number
  CgroupVersion?: string
  Driver: string
}

/** `uname -m` to Go's names, which Kubernetes' `kubernetes.io/arch` has. */
const ARCHITECTURES: Record<string, string> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i386: '386',
  i686: '386',
}

export async function engineInfo(client: DockerClient): Promise<EngineInfo> {
  const info = (await client.json<DockerInfo>({
    doing: 'ask Docker about the server',
    path: '/info',
  })) as DockerInfo
  const { apiVersion } = await client.version()
  return {
    id: info.ID,
    hostName: info.Name,
    version: info.ServerVersion,
    apiVersion,
    operatingSystem: info.OperatingSystem,
    osType: info.OSType,
    architecture: ARCHITECTURES[info.Architecture] ?? info.Architecture,
    kernelVersion: info.KernelVersion,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    cgroupVersion: info.CgroupVersion ?? '1',
    storageDriver: info.Driver,
  }
}
