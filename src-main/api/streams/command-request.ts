import { badRequest, StatusError } from '../../lib/errors.ts'
import type { ApiRequest } from '../http/exchange.ts'
import { containerOf } from '../http/pod-log.ts'
import { requireObject } from '../http/read.ts'
import { isSet } from '../http/revisions.ts'
import type { ResourceTarget } from '../http/target.ts'
import type { ExecOptions, ExecSession } from '../pod-streams.ts'
import type { Pod } from '../types.ts'

/** An exec or attach as a client asked for it. */
export interface CommandRequest {
  options: ExecOptions
  /** Begins it. @throws StatusError */
  open(): Promise<ExecSession>
}

/**
 * Reads what `pods/exec` or `pods/attach` is to do.
 * @throws StatusError BadRequest in Kubernetes' words, NotFound, ServiceUnavailable
 */
export function commandRequest(request: ApiRequest, target: ResourceTarget): CommandRequest {
  const { query, services } = request
  const pod = requireObject(request, target) as Pod
  const container = containerOf(pod, query.get('container') ?? '')
  const tty = isSet(query, 'tty')
  const options: ExecOptions = {
    container,
    command: query.getAll('command'),
    stdin: isSet(query, 'stdin'),
    stdout: isSet(query, 'stdout'),
    // a terminal has one output
    stderr: isSet(query, 'stderr') && !tty,
    tty,
  }
  if (!options.stdin && !options.stdout && !options.stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr')
  const exec = target.subresource === 'exec'
  if (exec && options.command.length === 0) throw badRequest('you must specify a command')
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const phase = pod.status?.phase
  if (phase === 'Succeeded' || phase === 'Failed')
    throw badRequest(`cannot ${target.subresource} a container in a completed pod; current phase is ${phase}`)
  const { streams } = services
  const begin = exec ? streams?.exec?.bind(streams) : streams?.attach?.bind(streams)
  if (!begin) throw new StatusError('ServiceUnavailable', 'this server has no containers to run commands in')
  return { options, open: () => begin(pod, options) }
}
