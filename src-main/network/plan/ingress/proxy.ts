import type { Annotations } from './annotations.ts'
import {
  endpointsOfBackend,
  resolveBackend,
  type BackendName,
  type ResolvedBackend,
} from './backend-ports.ts'
import { backendAddresses } from './backends.ts'
import { answer, literal } from './handlers.ts'
import type { Backends, Json } from './model.ts'
import type { Canary, PathRoute } from './routes.ts'
import type { Endpoint } from '../service-model.ts'

type Protocol = 'http' | 'https' | 'h2c' | 'h2'

/** As nginx names what the pods speak. */
const PROTOCOLS: Record<string, Protocol> = {
  HTTP: 'http',
  AUTO_HTTP: 'http',
  HTTPS: 'https',
  GRPC: 'h2c',
  GRPCS: 'h2',
}

/** As a Service's `appProtocol` does. */
const APP_PROTOCOLS: Record<string, Protocol> = {
  https: 'https',
  h2c: 'h2c',
  grpc: 'h2c',
  'kubernetes.io/h2c': 'h2c',
}

/** How long a request is tried with one pod after the other. */
const TRY_SECONDS = 5
const CANARY_OF = 'coxswain.io/canary-of'
const CANARY_WEIGHT = 'coxswain.io/canary-weight'

/** Turns routes into Caddy's proxies, and gathers the backends that they lead to. */
export class Proxies {
  readonly #backends: Backends
  readonly #addresses: string[]
  readonly #portOf: (id: string) => number
  /** Ready pods by the backend's id. */
  readonly endpoints = new Map<string, Endpoint[]>()

  constructor(backends: Backends, serviceCidr: string, portOf: (id: string) => number) {
    this.#backends = backends
    this.#addresses = backendAddresses(serviceCidr)
    this.#portOf = portOf
  }

  /** The handlers that pass a request on. */
  handlers(route: PathRoute): Json[] {
    const { annotations } = route
    const main = this.#resolve(route.backend, annotations)
    const canary = route.canary
    const other = canary && this.#resolve(canary.backend, annotations)
    if (!main) return [answer(503)]
    const share =
      canary && other ? { backend: other, weight: canary.weight } : this.#serviceCanary(main, annotations)
    const toOne = (backend: ResolvedBackend) => this.#proxy([[backend, 1]], annotations)
    const byHeader =
      canary?.header && other ? [headerRoute(canary.header, { canary: toOne(other), main: toOne(main) })] : []
    const weighted: [ResolvedBackend, number][] = share
      ? [
          [main, 100 - share.weight],
          [share.backend, share.weight],
        ]
      : [[main, 1]]
    return [...byHeader, this.#proxy(weighted, annotations)]
  }

  #resolve(name: BackendName | undefined, annotations: Annotations): ResolvedBackend | undefined {
    const found = name ? resolveBackend(name, this.#backends) : 'A backend has to be a Service.'
    if (typeof found !== 'string') return found
    annotations.tell('NoSuchService', found)
    return undefined
  }

  /** A Service that says itself that it takes a share of another one's requests. */
  #serviceCanary(
    { service, port }: ResolvedBackend,
    annotations: Annotations,
  ): { backend: ResolvedBackend; weight: number } | undefined {
    const { namespace = '', name } = service.metadata
    for (const other of this.#backends.services.values()) {
      const notes = other.metadata.annotations
      if (other.metadata.namespace !== namespace || notes?.[CANARY_OF] !== name) continue
      const weight = Number(notes[CANARY_WEIGHT])
      if (!/^\d+$/.test(notes[CANARY_WEIGHT] ?? '') || weight > 100) {
        annotations.tell(
          'BadAnnotation',
          `${CANARY_WEIGHT} of the Service ${other.metadata.name} has to be 0 to 100.`,
        )
        continue
      }
      const wanted = port.name ? { name: port.name } : { number: port.port }
      const backend = this.#resolve({ namespace, service: other.metadata.name, port: wanted }, annotations)
      if (backend) return { backend, weight }
    }
    return undefined
  }

  #proxy(weighted: [ResolvedBackend, number][], annotations: Annotations): Json {
    const [[main] = []] = weighted
    const protocol = protocolOf(main, annotations)
    const host = annotations.text('upstream-vhost')
    return {
      handler: 'reverse_proxy',
      upstreams: spread(weighted.map(([backend, weight]) => [this.#dials(backend, protocol), weight])),
      load_balancing: {
        selection_policy: { policy: 'random' },
        // nftables picks another pod for each try; whoever wants to know sooner is not kept waiting by them
        try_duration: triesOf(annotations),
        try_interval: '100ms',
      },
      headers: {
        request: {
          set: { 'X-Real-Ip': ['{http.request.remote.host}'], ...(host ? { Host: [literal(host)] } : {}) },
        },
      },
      transport: transportOf(protocol, annotations),
    }
  }

  #dials(backend: ResolvedBackend, protocol: Protocol): string[] {
    const { target } = backend
    if (target.kind === 'outside') return [target.address]
    this.endpoints.set(target.id, endpointsOfBackend(backend, this.#backends))
    const port = this.#portOf(target.id)
    const addresses = protocol === 'h2c' ? this.#addresses : this.#addresses.slice(0, 1)
    return addresses.map(address => `${address}:${port}`)
  }
}

function protocolOf(backend: ResolvedBackend | undefined, annotations: Annotations): Protocol {
  const named = annotations.text('backend-protocol')?.toUpperCase()
  const known = named === undefined ? undefined : PROTOCOLS[named]
  if (named !== undefined && !known) annotations.wrong('backend-protocol', Object.keys(PROTOCOLS).join(', '))
  return known ?? APP_PROTOCOLS[backend?.port.appProtocol?.toLowerCase() ?? ''] ?? 'http'
}

/** Within the time for tries, so that a request whose answer will not come is asked again. */
const PROBE = '2s'

/**
 * Every request has a connection of its own, so that each is dealt anew, and a pod that leaves gets nothing more: a kept
 * connection would lead on to it. Who only waits for an answer sends a probe from time to time: when the pod is gone by
 * then, and the last packets of its answer were lost, that is how it is noticed.
 */
function transportOf(protocol: Protocol, annotations: Annotations): Json {
  const read = annotations.seconds('proxy-read-timeout')
  const send = annotations.seconds('proxy-send-timeout')
  return {
    protocol: 'http',
    dial_timeout: annotations.seconds('proxy-connect-timeout') ?? '1s',
    ...(read ? { read_timeout: read, response_header_timeout: read } : {}),
    ...(send ? { write_timeout: send } : {}),
    compression: false,
    keep_alive: { enabled: false, probe_interval: PROBE },
    ...(protocol === 'h2c' ? { versions: ['h2c', '2'] } : protocol === 'h2' ? { versions: ['2'] } : {}),
    // like nginx: a pod's certificate names nobody that could be checked
    ...(protocol === 'https' || protocol === 'h2' ? { tls: { insecure_skip_verify: true } } : {}),
  }
}

function triesOf(annotations: Annotations): string {
  const answer = Number.parseInt(annotations.seconds('proxy-read-timeout') ?? '', 10)
  return answer < TRY_SECONDS ? `${answer}s` : `${TRY_SECONDS}s`
}

/** Caddy chooses at random: what is to get more stands there more often. */
function spread(weighted: readonly [string[], number][]): Json[] {
  const weights = weighted.filter(([, weight]) => weight > 0)
  const divisor = weights.reduce((all, [, weight]) => greatestDivisor(all, weight), 0)
  return weights.flatMap(([dials, weight]) =>
    Array.from({ length: weight / divisor }, () => dials.map(dial => ({ dial }))).flat(),
  )
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

/** Like nginx: without a value of its own, `always` is what leads to the canary, and `never` what does not. */
function headerRoute(
  { name, value }: NonNullable<Canary['header']>,
  { canary, main }: { canary: Json; main: Json },
): Json {
  const to = (wanted: string, proxy: Json) => ({
    match: [{ header: { [name]: [literal(wanted)] } }],
    handle: [proxy],
    terminal: true,
  })
  const routes = value === undefined ? [to('always', canary), to('never', main)] : [to(value, canary)]
  return { handler: 'subroute', routes }
}
