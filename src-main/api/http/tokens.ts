import { StatusError } from '../../lib/errors.ts'
import type { Exchange } from './exchange.ts'
import { requireObject } from './read.ts'
import type { ResourceTarget } from './target.ts'

/**
 * POST of a TokenRequest for a service account. There is no API inside of the pods' network, so a token would open
 * nothing: it is refused in words rather than given in vain.
 * @throws StatusError always: NotFound for a service account that is not there, else MethodNotAllowed
 */
export function refuseToken(exchange: Exchange, target: ResourceTarget): Promise<void> {
  requireObject(exchange, target)
  return Promise.reject(
    new StatusError(
      'MethodNotAllowed',
      `no token is given for service account "${target.name}": pods cannot reach this control plane's API; for programs on this computer use the token of \`cox kubeconfig\``,
    ),
  )
}
