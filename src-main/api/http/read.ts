import { notFound } from '../../lib/errors.ts'
import type { KubeObject } from '../types.ts'
import type { ApiRequest, Exchange } from './exchange.ts'
import { negotiate } from './negotiate.ts'
import type { Printed } from './printed.ts'
import { sendJson, setWarnings } from './respond.ts'
import { includeObject, partialMetadata, tableOf } from './table.ts'
import type { ResourceTarget } from './target.ts'

/** The addressed object. @throws StatusError NotFound */
export function requireObject(
  { services }: ApiRequest,
  { kind, name, namespace }: ResourceTarget,
): KubeObject {
  const object = services.registry.get(kind, name, namespace)
  if (!object) throw notFound({ group: kind.group, resource: kind.plural }, name)
  return object
}

/** GET of one object. */
export async function handleGet(exchange: Exchange, target: ResourceTarget): Promise<void> {
  await sendObject(exchange, 200, target.kind, requireObject(exchange, target))
}

/**
 * The form in which the client wants an object. A write asks before it begins: what cannot be told is not done.
 * @throws StatusError NotAcceptable, BadRequest
 */
export function acceptedForm({ query, request }: Exchange) {
  return { ...negotiate(request.headers.accept), include: includeObject(query) }
}

/** Sends an object in the form that the client accepts, with the warnings that came up. */
export async function sendObject(
  exchange: Exchange,
  code: number,
  kind: Printed,
  object: KubeObject,
): Promise<void> {
  const { response, services, warnings } = exchange
  const { form, version, contentType, include } = acceptedForm(exchange)
  setWarnings(response, warnings)
  if (form === 'Table') {
    const { resourceVersion } = object.metadata
    const options = { version, include, now: services.clock.now() }
    await sendJson(exchange, code, tableOf(kind, [object], { resourceVersion }, options), contentType)
    return
  }
  await sendJson(exchange, code, form === 'Object' ? object : partialMetadata(object, version), contentType)
}
