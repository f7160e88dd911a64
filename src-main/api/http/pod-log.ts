import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { badRequest, StatusError } from '../../lib/errors.ts'
import { containerStatusOf } from '../container-statuses.ts'
import type { LogOptions } from '../pod-streams.ts'
import type { Pod } from '../types.ts'
import type { ApiRequest, Exchange } from './exchange.ts'
import { requireObject } from './read.ts'
import { countIn, isSet } from './revisions.ts'
import type { ResourceTarget } from './target.ts'

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

/** GET of `pods/NAME/log`: plain text, for as long as the client stays when it follows. */
export async function handleLog(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const { response } = exchange
  const stream = await openLog(exchange, target)
  if (!stream) {
    response.writeHead(204).end()
    return
  }
  if (response.destroyed) {
    stream.destroy()
    return
  }
  response.writeHead(200, {
    'Content-Type': 'text/plain',
    'Cache-Control': 'no-cache, private',
    'X-Content-Type-Options': 'nosniff',
  })
  response.flushHeaders()
  await sendLog(exchange, stream, response)
}

/**
 * Begins to read the log that is asked for. A pod that is on no server yet has none: as kube-apiserver's, the answer
 * is then nothing and no failure, so that `kubectl logs -l` goes on to the other pods.
 * @throws StatusError with Kubernetes' sentences when there is no log to read (yet)
 */
export async function openLog(request: ApiRequest, target: ResourceTarget): Promise<Readable | undefined> {
  const { query, services } = request
  const pod = requireObject(request, target) as Pod
  const container = containerOf(pod, query.get('container') ?? '')
  const options = logOptions(query, container, services.clock.now())
  if (!pod.spec.nodeName) return undefined
  requireStarted(pod, container, options.previous)
  if (!services.streams)
    throw new StatusError('ServiceUnavailable', 'this server has no containers to read logs of')
  return services.streams.logs(pod, options)
}

/** Writes a log to a client that knows already that it gets one: breaking off is the only sign of a failure left. */
export async function sendLog(
  { services, path }: ApiRequest,
  stream: Readable,
  client: Writable,
): Promise<void> {
  try {
    await pipeline(stream, client)
  } catch (error) {
    if (!client.destroyed) client.destroy()
    // a client that went away is no failure
    if (!isPrematureClose(error)) services.logger.warn({ err: error, path: path.join('/') }, 'log broke off')
  }
}

function isPrematureClose(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/** The container whose log is meant; with several the client must say which. */
export function containerOf({ metadata, spec }: Pod, asked: string): string {
  const main = spec.containers.map(({ name }) => name)
  const init = (spec.initContainers ?? []).map(({ name }) => name)
  const ephemeral = (spec.ephemeralContainers ?? []).map(({ name }) => name)
  if (asked) {
    if ([...main, ...init, ...ephemeral].includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`)
  }
  const preferred = metadata.annotations?.[DEFAULT_CONTAINER]
  if (preferred && main.includes(preferred)) return preferred
  if (main.length === 1 && main[0] !== undefined) return main[0]
  const inits = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : ''
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${main.join(' ')}]${inits}`,
  )
}

function logOptions(query: URLSearchParams, container: string, now: number): LogOptions {
  const atLeast = (name: string, minimum: number) => {
    const count = countIn(query, name)
    if (count !== undefined && count < minimum) {
      throw badRequest(`${name}: Invalid value: ${count}: must be greater than or equal to ${minimum}`)
    }
    return count
  }
  const sinceSeconds = atLeast('sinceSeconds', 1)
  const sinceTime = query.get('sinceTime')
  if (sinceSeconds !== undefined && sinceTime)
    throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be given')
  const since = sinceTime ? Date.parse(sinceTime) : undefined
  if (Number.isNaN(since))
    throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(sinceTime)}: must be RFC 3339`)
  return {
    container,
    follow: isSet(query, 'follow'),
    previous: isSet(query, 'previous'),
    timestamps: isSet(query, 'timestamps'),
    tailLines: atLeast('tailLines', 0),
    limitBytes: atLeast('limitBytes', 1),
    sinceMs: sinceSeconds === undefined ? since : now - sinceSeconds * 1000,
  }
}

/** Kubelet's validateContainerLogStatus (pkg/kubelet/kubelet_pods.go), told before the kubelet is asked. */
function requireStarted(pod: Pod, container: string, previous: boolean): void {
  const { name } = pod.metadata
  const status = containerStatusOf(pod, container)
  if (!status) throw badRequest(`container "${container}" in pod "${name}" is not available`)
  const { state, lastState } = status
  if (previous) {
    if (lastState?.terminated) return
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`)
  }
  if (state?.running || state?.terminated || lastState?.terminated) return
  const reason = state?.waiting?.reason
  const why =
    reason === 'ErrImagePull'
      ? ": image can't be pulled"
      : reason === 'ImagePullBackOff'
        ? ': trying and failing to pull image'
        : reason
          ? `: ${reason}`
          : ' - no logs yet'
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start${why}`)
}
