import { dirname } from 'node:path/posix'
import { buffer, text } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { CLUSTER_LABEL } from '../engine/cluster-label.ts'
import { EngineError, type Engine, type ContainerSpec } from '../engine/engine.ts'
import { ensureOwn, findOwn, OWN_CONTAINERS } from './own-containers.ts'
import { REQUEST_LOG } from './plan/ingress/request-log.ts'
import type { PlannedPart } from './plan/server-plan.ts'
import { spliceOf } from './splice.ts'

const NAME = OWN_CONTAINERS.network
const FOLDER = '/etc/coxswain'
const TUN = '/dev/net/tun'

/** A command in the system container that ended with a failure; the message has its own words, which are its output. */
export class SystemCommandError extends Error {
  readonly code: number
  readonly output: string

  constructor(command: string, code: number, output: string) {
    super(`coxswain-system ${command} ended with ${code}: ${output.trim()}`)
    this.name = 'SystemCommandError'
    this.code = code
    this.output = output.trim()
  }
}

/** What a server says of itself and of what it has applied. */
export interface SystemState {
  /** The hash of each part that is applied. */
  parts: Record<string, string>
  wireguard: 'kernel' | 'userspace' | 'none'
  /** Public key of the mesh; the private one stays on the server. */
  wireguardKey?: string
  /** Why this server does not serve Ingresses although it should. */
  ingressProblem?: string
  /** Why it does not take the ingress of the plan. */
  ingressRefusal?: IngressRefusal | undefined
}

export interface IngressRefusal {
  why: string
  /** Whether it goes on with a former one. */
  hasFormer: boolean
}

/** Requests of one backend of the ingress that got the same status. */
export interface FailedCount {
  /** What Caddy connected to, `10.96.0.2:1234`. */
  dial: string
  status: number
  count: number
}

/** A time that is over, in seconds before now, for the server's clock may differ from ours. */
export interface Ages {
  from: number
  to: number
}

/** parts/failed.awk over what the ingress has written. */
const failedScript = ({ from, to }: Ages) =>
  `cat ${dirname(REQUEST_LOG)}/*.log 2>/dev/null | awk -v now="$EPOCHREALTIME" -v from=${from} -v to=${to} -f /usr/local/lib/coxswain/failed.awk`

/** The container that keeps a server's routes, rules and names, and its ingress. */
export class SystemContainer {
  readonly #engine: Engine
  readonly #id: string

  private constructor(engine: Engine, id: string) {
    this.#engine = engine
    this.#id = id
  }

  /** Makes sure that it runs, of this image, which is there. */
  static async ensure(engine: Engine, clusterId: string, image: string): Promise<SystemContainer> {
    const id = await ensureOwn(engine, { clusterId, own: 'network', image }, async labels => {
      await engine.ensureVolume(NAME, { [CLUSTER_LABEL]: clusterId })
      return createAndStart(engine, labels, image)
    })
    return new SystemContainer(engine, id)
  }

  /** The one that is there, if any. */
  static async find(engine: Engine, clusterId: string): Promise<SystemContainer | undefined> {
    const id = await findOwn(engine, clusterId, 'network')
    return id === undefined ? undefined : new SystemContainer(engine, id)
  }

  async state(): Promise<SystemState> {
    const lines = (await this.#run(['state'])).split('\n').map(line => line.split(' '))
    const facts = new Map(lines.map(([name = '', ...value]) => [name, value.join(' ')]))
    const parts = [...facts].flatMap(([name, value]) =>
      name.startsWith('part.') ? [[name.slice('part.'.length), value] as const] : [],
    )
    const wireguard = facts.get('wireguard')
    const wireguardKey = facts.get('wireguard-key')
    const ingressProblem = facts.get('ingress-problem')
    return {
      parts: Object.fromEntries(parts),
      wireguard: wireguard === 'kernel' || wireguard === 'userspace' ? wireguard : 'none',
      ...(wireguardKey ? { wireguardKey } : {}),
      ...(ingressProblem ? { ingressProblem } : {}),
    }
  }

  /**
   * Hands over these parts; the server takes each as a whole, or keeps what it had and this rejects.
   * @param there parts that it has, by name: only what differs from them is sent
   */
  async apply(
    parts: readonly PlannedPart[],
    there: ReadonlyMap<string, PlannedPart> = new Map(),
  ): Promise<void> {
    const tar = pack()
    for (const part of parts) {
      for (const [file, content] of sentFiles(part, there.get(part.name))) {
        tar.entry({ name: `next/${part.name}/${file}`, mode: 0o600 }, content)
      }
    }
    tar.finalize()
    await this.#engine.putArchive(this.#id, FOLDER, await buffer(tar))
    await this.#run(['apply', ...parts.map(({ name }) => name)])
  }

  /** What a part has, by name. */
  async files(part: string): Promise<Record<string, string>> {
    const lines = (await this.#run(['files', part])).split('\n').filter(Boolean)
    const entries = lines.map(line => {
      const [name = '', content = ''] = line.split(' ')
      return [name, Buffer.from(content, 'base64').toString()] as const
    })
    return Object.fromEntries(entries)
  }

  /** Where rules have led UDP connections that are known yet: to endpoints of now or of before, or as Docker leads them. */
  async udpTargets(): Promise<string[]> {
    return (await this.#run(['udp-targets'])).split('\n').filter(Boolean)
  }

  /**
   * Drops connections: UDP ones to an endpoint (`10.244.1.5`) or to a port of the server (`:30053`), TCP ones to a pod
   * that is gone (`tcp:10.244.1.5`).
   */
  async forget(targets: readonly string[]): Promise<void> {
    await this.#run(['forget', ...targets])
  }

  /** The requests that failed at its ingress. */
  async failedRequests(ages: Ages): Promise<FailedCount[]> {
    const { output, errors, code } = await this.#exec(['bash', '-c', failedScript(ages)])
    if (code !== 0) throw new SystemCommandError('failed.awk', code, errors)
    return output.split('\n').flatMap(line => {
      const [dial = '', status, count] = line.split(' ')
      return dial === '' ? [] : [{ dial, status: Number(status), count: Number(count) }]
    })
  }

  /** Takes links, routes and rules away. */
  async teardown(): Promise<void> {
    await this.#run(['teardown'])
  }

  /** Runs a script of bash in it, and gives what it prints, whatever its exit code. */
  async script(text: string): Promise<string> {
    return (await this.#exec(['bash', '-c', text])).output
  }

  async #run(command: string[]): Promise<string> {
    const { output, errors, code } = await this.#exec(['coxswain-system', ...command])
    if (code !== 0) throw new SystemCommandError(command[0] ?? '', code, errors || output)
    return output
  }

  async #exec(command: string[]): Promise<{ output: string; errors: string; code: number }> {
    const session = await this.#engine.exec(this.#id, { command })
    const [output, errors] = await Promise.all([
      text(session.stdout),
      session.stderr ? text(session.stderr) : '',
    ])
    return { output, errors, code: await session.exitCode() }
  }
}

/**
 * A part as coxswain-system takes it: its files, or, where it has files of the same names, what comes between the
 * beginning and the end that stay. Then `splices` has the hash of those files, and for each its name, and how many bytes
 * of its beginning and of its end stay.
 */
function sentFiles(
  { files, hash }: PlannedPart,
  before: PlannedPart | undefined,
): [name: string, content: string | Buffer][] {
  const end: [string, string] = ['hash', `${hash}\n`]
  const names = Object.keys(files)
  const same = before && names.length === Object.keys(before.files).length
  if (!same || !names.every(name => name in before.files)) return [...Object.entries(files), end]
  const splices = Object.entries(files).map(
    ([name, text]) => [name, spliceOf(before.files[name] ?? '', text)] as const,
  )
  const lines = splices.map(([name, { head, tail }]) => `${name} ${head} ${tail}\n`)
  return [
    ...splices.map(([name, { middle }]): [string, Buffer] => [name, middle]),
    ['splices', `${before.hash}\n${lines.join('')}`],
    end,
  ]
}

async function createAndStart(
  engine: Engine,
  labels: Record<string, string>,
  image: string,
): Promise<string> {
  const spec: ContainerSpec = {
    name: NAME,
    image,
    labels,
    environment: [],
    restartPolicy: 'always',
    network: { mode: 'host' },
    mounts: [
      { type: 'volume', name: NAME, target: FOLDER },
      { type: 'bind', source: '/proc/sys/net', target: '/host/sys-net' },
    ],
    devices: [TUN],
    security: { capAdd: ['NET_ADMIN', 'NET_RAW'] },
    stopTimeoutSeconds: 2,
  }
  const id = await engine.createContainer(spec)
  try {
    await engine.startContainer(id)
    return id
  } catch (error) {
    await engine.removeContainer(id)
    // a server without TUN still has VXLAN
    if (!(error instanceof EngineError) || error.code !== 'start-failed') throw error
    const plain = await engine.createContainer({ ...spec, devices: [] })
    await engine.startContainer(plain)
    return plain
  }
}
