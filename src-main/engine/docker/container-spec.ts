import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode'
import { EngineError, type ContainerMount, type ContainerSpec } from '../engine.ts'
import { logConfig } from './log-rotation.ts'
import type { DockerVersion } from './versions.ts'

/**
 * The body of `POST /containers/create` for a spec. A container in another one's network namespace has that one's
 * host name, DNS and ports: Docker refuses them there, so they are left out.
 * @param loggingDriver the engine's default one
 * @throws EngineError `unsupported` for what this engine's version cannot do
 */
export function toCreateBody(
  spec: ContainerSpec,
  version: DockerVersion,
  loggingDriver: string,
): ContainerCreateOptions {
  const ownNetwork = spec.network.mode !== 'container'
  return {
    Image: spec.image,
    Labels: spec.labels,
    Entrypoint: spec.entrypoint,
    Cmd: spec.command,
    Env: spec.environment,
    WorkingDir: spec.workingDir,
    User: spec.user,
    Tty: spec.tty ?? false,
    OpenStdin: spec.openStdin ?? false,
    StdinOnce: spec.stdinOnce ?? false,
    StopSignal: spec.stopSignal,
    StopTimeout: spec.stopTimeoutSeconds,
    ...(ownNetwork ? { Hostname: spec.hostname, Domainname: spec.domainname } : {}),
    ...(ownNetwork && spec.publish ? { ExposedPorts: exposedPorts(spec.publish) } : {}),
    HostConfig: {
      RestartPolicy: { Name: spec.restartPolicy },
      Init: spec.init,
      LogConfig: logConfig(loggingDriver),
      ...networkConfig(spec, ownNetwork),
      ...namespaces(spec),
      Devices: spec.devices?.map(path => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: 'rwm',
      })),
      Mounts: spec.mounts?.map(mount => toMount(mount, version)),
      ...resources(spec.resources),
      ...security(spec.security),
    },
    ...endpoint(spec),
  }
}

type Publish = NonNullable<ContainerSpec['publish']>

function exposedPorts(publish: Publish): Record<string, object> {
  return Object.fromEntries(publish.map(port => [`${port.containerPort}/${port.protocol}`, {}]))
}

function portBindings(publish: Publish): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const port of publish) {
    const list = (bindings[`${port.containerPort}/${port.protocol}`] ??= [])
    list.push({ HostIp: port.hostIp ?? '', HostPort: String(port.hostPort) })
  }
  return bindings
}

function networkConfig(spec: ContainerSpec, ownNetwork: boolean): HostConfig {
  const { network } = spec
  const NetworkMode =
    network.mode === 'bridge'
      ? network.name
      : network.mode === 'container'
        ? `container:${network.id}`
        : network.mode
  if (!ownNetwork) return { NetworkMode }
  return {
    NetworkMode,
    PortBindings: spec.publish && portBindings(spec.publish),
    Dns: spec.dns?.nameservers,
    DnsSearch: spec.dns?.searches,
    DnsOptions: spec.dns?.options,
    ExtraHosts: spec.extraHosts?.flatMap(host => host.hostnames.map(name => `${name}:${host.ip}`)),
  }
}

/** The fixed address on a user-defined network. */
function endpoint(spec: ContainerSpec): Pick<ContainerCreateOptions, 'NetworkingConfig'> {
  if (spec.network.mode !== 'bridge') return {}
  const { name, ipv4, aliases } = spec.network
  return {
    NetworkingConfig: {
      EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: ipv4 }, Aliases: aliases } },
    },
  }
}

function namespaces(spec: ContainerSpec): HostConfig {
  const of = (mode: string | { container: string } | undefined) =>
    typeof mode === 'object' ? `container:${mode.container}` : mode
  return { IpcMode: of(spec.ipcMode), PidMode: of(spec.pidMode) }
}

function resources(limits: ContainerSpec['resources'] = {}): HostConfig {
  return {
    NanoCpus: limits.nanoCpus,
    CpuShares: limits.cpuShares,
    Memory: limits.memoryBytes,
    // equal to the limit: no swap on top of it, as a kubelet does. Unset, Docker grants as much swap again.
    MemorySwap: limits.memoryBytes,
    OomScoreAdj: limits.oomScoreAdj,
    PidsLimit: limits.pidsLimit,
  }
}

function security(security: ContainerSpec['security'] = {}): HostConfig {
  const options: string[] = []
  if (security.noNewPrivileges) options.push('no-new-privileges:true')
  if (security.seccomp) {
    options.push(`seccomp=${security.seccomp === 'unconfined' ? 'unconfined' : security.seccomp.profile}`)
  }
  if (security.apparmor) options.push(`apparmor=${security.apparmor}`)
  return {
    Privileged: security.privileged,
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    CapAdd: security.capAdd,
    CapDrop: security.capDrop,
    GroupAdd: security.groupAdd,
    Sysctls: security.sysctls,
    SecurityOpt: options.length > 0 ? options : undefined,
  }
}

type VolumeOptions = NonNullable<MountSettings['VolumeOptions']>
type Propagation = NonNullable<MountSettings['BindOptions']>['Propagation']

function toMount(mount: ContainerMount, version: DockerVersion): MountSettings {
  switch (mount.type) {
    case 'bind':
      return {
        Type: 'bind',
        Source: mount.source,
        Target: mount.target,
        ReadOnly: mount.readOnly,
        ...(mount.propagation ? { BindOptions: { Propagation: mount.propagation as Propagation } } : {}),
      }
    case 'volume':
      if (mount.subPath !== undefined && !version.volumeSubpath) {
        throw new EngineError(
          'unsupported',
          `a subPath of volume ${mount.name} needs Docker 26 or newer, this engine speaks API ${version.apiVersion}; update Docker on the server`,
        )
      }
      return {
        Type: 'volume',
        Source: mount.name,
        Target: mount.target,
        ReadOnly: mount.readOnly,
        VolumeOptions: {
          ...(mount.noCopy ? { NoCopy: true } : {}),
          ...(mount.subPath === undefined ? {} : { Subpath: mount.subPath }),
        } as VolumeOptions,
      }
    case 'tmpfs':
      return {
        Type: 'tmpfs',
        Source: '',
        Target: mount.target,
        TmpfsOptions: { SizeBytes: mount.sizeBytes ?? 0, Mode: mount.mode ?? 0o1777 },
      }
  }
}
