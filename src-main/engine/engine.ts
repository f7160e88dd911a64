import type { Duplex, Readable } from 'node:stream'

/**
 * The engine port: what the kubelet needs of one server's container engine. Two implementations: Docker (over SSH or
 * a local socket) and a simulated one. Every function rejects with an `EngineError` and nothing else.
 */
export interface Engine {
  info(): Promise<EngineInfo>

  inspectImage(reference: string): Promise<EngineImage | undefined>
  /** Resolves once the image is there. Rejects with code `image-not-found`, `registry-unauthorized`, `registry-unreachable` … */
  pullImage(reference: string, options?: { auth?: RegistryAuth; signal?: AbortSignal }): Promise<EngineImage>
  listImages(): Promise<EngineImage[]>
  /** Makes an image of one layer from a root file system, with no registry. Replaces what had that name. */
  importImage(tar: Buffer, reference: string, config: { entrypoint: string[] }): Promise<void>
  /**
   * Builds an image on the server from a Dockerfile and its context, with the server's own network.
   * Rejects with code `build-failed`, whose message ends with the last lines of the build.
   */
  buildImage(context: Buffer, reference: string): Promise<void>
  /** The image as a tar with its layers and its name, for `loadImage` of another engine. Rejects with `image-not-found`. */
  saveImage(reference: string): Promise<Readable>
  /** Takes over what `saveImage` gave, read bit by bit. */
  loadImage(tar: Readable): Promise<void>
  /** Takes the name off, and the image with its last name. A missing one is no error; one in use rejects. */
  removeImage(reference: string): Promise<void>

  /** All containers (running or not) that carry every one of `labels`. */
  listContainers(labels: Record<string, string>): Promise<EngineContainer[]>
  inspectContainer(id: string): Promise<EngineContainer | undefined>
  /** Creates and does not start. Rejects with `name-conflict` when the name is taken. @returns its id */
  createContainer(spec: ContainerSpec): Promise<string>
  /** Starting a running container is no error. */
  startContainer(id: string): Promise<void>
  /** SIGTERM (or `signal`), then SIGKILL after `timeoutSeconds`. A stopped or missing container is no error. */
  stopContainer(id: string, options: { timeoutSeconds: number; signal?: string }): Promise<void>
  /** Removes with its anonymous volumes, by force if it runs. A missing container is no error. */
  removeContainer(id: string): Promise<void>
  /** Turns the engine's own restarting on or off for an existing container. */
  setRestartPolicy(id: string, policy: RestartPolicy): Promise<void>
  renameContainer(id: string, name: string): Promise<void>

  /** Multiplexed output; `follow` goes on until the container ends or the signal aborts. */
  containerLogs(id: string, options: LogOptions): Promise<Readable & AsyncIterable<LogChunk>>
  exec(id: string, options: ExecOptions): Promise<ExecSession>
  attach(id: string, options: { tty: boolean; stdin: boolean }): Promise<ExecSession>
  /** One sample of CPU and memory use. */
  containerStats(id: string): Promise<ContainerStats | undefined>
  /** Unpacks a tar stream at `path` in a container (running or not). */
  putArchive(id: string, path: string, tar: Readable | Buffer): Promise<void>
  getArchive(id: string, path: string): Promise<Readable>

  /** Creates the network if it is missing; rejects with `network-conflict` when it exists with another subnet or overlaps a route. */
  ensureNetwork(spec: NetworkSpec): Promise<void>
  removeNetwork(name: string): Promise<void>
  /** Creates the volume if it is missing. @returns the folder on the server that holds its files */
  ensureVolume(name: string, labels: Record<string, string>): Promise<{ mountpoint: string }>
  listVolumes(labels: Record<string, string>): Promise<{ name: string; labels: Record<string, string> }[]>
  removeVolume(name: string): Promise<void>

  /**
   * The engine's container events from now on. Ends with an error when the connection drops: list again, then watch again.
   */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>

  /**
   * A TCP connection made from the server itself, e.g. to a pod's address. Rejects with `refused` when the server says
   * that nothing listens there, and with `unreachable` when the server itself gives no answer.
   */
  dial(host: string, port: number): Promise<Duplex>
  /** Frees connections; the engine is not usable afterwards. */
  close(): void
}

/** Machine-readable kinds of failure. `unreachable`: the connection is gone, try again; the rest are answers. */
export type EngineErrorCode =
  | 'unreachable'
  /** `dial` only: the server answered that nothing listens there, or that there is no way to it. */
  | 'refused'
  | 'timeout'
  | 'not-found'
  /** A container cannot be started: the network that it is to be on is not there. */
  | 'network-not-found'
  | 'name-conflict'
  | 'network-conflict'
  | 'port-conflict'
  | 'address-conflict'
  | 'image-not-found'
  | 'invalid-image-name'
  | 'registry-unauthorized'
  | 'registry-unreachable'
  | 'invalid-argument'
  | 'start-failed'
  | 'build-failed'
  | 'unsupported'
  /** The caller's own signal ended it. */
  | 'aborted'
  | 'engine-error'

export class EngineError extends Error {
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'EngineError'
    this.code = code
  }
}

export interface EngineInfo {
  /** Engine's own id: stays over restarts. */
  id: string
  hostName: string
  version: string
  apiVersion: string
  operatingSystem: string
  /** `linux` */
  osType: string
  /** Go's name: `amd64`, `arm64`. */
  architecture: string
  kernelVersion: string
  cpus: number
  memoryBytes: number
  /** `1` or `2`. */
  cgroupVersion: string
  /** Engine labels such as the cluster that claimed it. */
  storageDriver: string
}

export interface RegistryAuth {
  username: string
  password: string
  serverAddress: string
}

export interface EngineImage {
  /** `sha256:…` */
  id: string
  /** `repo:tag` names. */
  tags: string[]
  /** `repo@sha256:…` names. */
  digests: string[]
  sizeBytes: number
  user: string
  entrypoint: string[]
  command: string[]
  environment: string[]
  stopSignal?: string
  labels: Record<string, string>
}

/** Docker's restart policies. */
export type RestartPolicy = 'no' | 'on-failure' | 'always' | 'unless-stopped'

export interface ContainerSpec {
  name: string
  image: string
  labels: Record<string, string>
  /** Overrides the image's entrypoint (Kubernetes' `command`). */
  entrypoint?: string[]
  /** Overrides the image's command (Kubernetes' `args`). */
  command?: string[]
  /** `NAME=value` */
  environment: string[]
  workingDir?: string
  user?: string
  hostname?: string
  domainname?: string
  restartPolicy: RestartPolicy
  /** A user-defined network with a fixed address, the host's network, or another container's namespaces. */
  network:
    | { mode: 'bridge'; name: string; ipv4: string; aliases?: string[] }
    | { mode: 'host' }
    | { mode: 'none' }
    | { mode: 'container'; id: string }
  ipcMode?: 'shareable' | 'private' | 'host' | { container: string }
  pidMode?: 'host' | { container: string }
  /** Published on the server: only for a pod's `hostPort`. */
  publish?: { containerPort: number; protocol: 'tcp' | 'udp' | 'sctp'; hostPort: number; hostIp?: string }[]
  mounts?: ContainerMount[]
  /** Devices of the server that the container sees under the same path: `/dev/net/tun`. */
  devices?: string[]
  dns?: { nameservers: string[]; searches: string[]; options: string[] }
  extraHosts?: { ip: string; hostnames: string[] }[]
  resources?: {
    /** Cores × 1e9. */
    nanoCpus?: number
    memoryBytes?: number
    cpuShares?: number
    oomScoreAdj?: number
    pidsLimit?: number
  }
  security?: {
    privileged?: boolean
    readOnlyRootFilesystem?: boolean
    capAdd?: string[]
    capDrop?: string[]
    noNewPrivileges?: boolean
    seccomp?: 'unconfined' | { profile: string }
    apparmor?: string
    groupAdd?: string[]
    sysctls?: Record<string, string>
  }
  tty?: boolean
  openStdin?: boolean
  stdinOnce?: boolean
  stopSignal?: string
  stopTimeoutSeconds?: number
  init?: boolean
}

export type ContainerMount =
  | { type: 'bind'; source: string; target: string; readOnly?: boolean; propagation?: string }
  /** `noCopy`: an empty volume stays empty, instead of getting what the image has at `target`. */
  | {
      type: 'volume'
      name: string
      target: string
      readOnly?: boolean
      subPath?: string
      noCopy?: boolean
    }
  | { type: 'tmpfs'; target: string; sizeBytes?: number; mode?: number }

/** A container as the engine sees it now. */
export interface EngineContainer {
  id: string
  name: string
  image: string
  imageId: string
  labels: Record<string, string>
  state: 'created' | 'running' | 'restarting' | 'paused' | 'exited' | 'dead' | 'removing'
  pid: number
  /** Ms since the epoch; undefined when it never started / never ended. */
  createdAt: number
  startedAt?: number
  finishedAt?: number
  exitCode: number
  /** The engine's own words when a start failed. */
  error: string
  oomKilled: boolean
  /** How often the engine's restart policy has started it again. */
  restartCount: number
  restartPolicy: RestartPolicy
  /** Address on its network, if any. */
  ipv4?: string
  /** True when `listContainers` could fill only the summary; `inspectContainer` gives the rest. */
  summary?: boolean
}

export type EngineEvent =
  | {
      type: 'container'
      action:
        | 'create'
        | 'start'
        | 'die'
        | 'oom'
        | 'kill'
        | 'stop'
        | 'destroy'
        | 'restart'
        | 'pause'
        | 'unpause'
        | 'health'
      id: string
      labels: Record<string, string>
      /** `die` only. */
      exitCode?: number
      at: number
    }
  | { type: 'image'; action: string; id: string; at: number }

export interface LogOptions {
  follow?: boolean
  /** Last N lines; undefined: all. */
  tail?: number
  /** Ms since the epoch. */
  since?: number
  until?: number
  /** Each line begins with its RFC 3339 time. */
  timestamps?: boolean
  signal?: AbortSignal
  tty?: boolean
}

export interface LogChunk {
  stream: 'stdout' | 'stderr'
  data: Buffer
}

export interface ExecOptions {
  command: string[]
  tty?: boolean
  stdin?: boolean
  environment?: string[]
  workingDir?: string
  user?: string
}

/** A running command with its streams. `stderr` is absent with a tty. */
export interface ExecSession {
  stdin?: NodeJS.WritableStream
  stdout: Readable
  stderr?: Readable
  resize(size: { columns: number; rows: number }): Promise<void>
  /** Exit code once the streams have ended. */
  exitCode(): Promise<number>
  close(): void
}

export interface ContainerStats {
  /** Ms since the epoch. */
  at: number
  /** Nanoseconds of CPU used since the start. */
  cpuUsageNanos: number
  /** Working set: usage less inactive page cache, as the kubelet counts it. */
  memoryWorkingSetBytes: number
}

export interface NetworkSpec {
  name: string
  /** `10.244.3.0/24` */
  subnet: string
  gateway: string
  labels: Record<string, string>
  mtu?: number
  /** Driver options such as `com.docker.network.bridge.name`. */
  options?: Record<string, string>
}
