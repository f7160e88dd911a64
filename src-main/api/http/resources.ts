import { badRequest, StatusError } from '../../lib/errors.ts'
import { reviews } from '../discovery/reviews.ts'
import { handleProxy } from '../proxy/proxy.ts'
import { ephemeralWriter, handleGetEphemeral, handlePutEphemeral } from './ephemeral-containers.ts'
import type { Exchange } from './exchange.ts'
import { handleList } from './list.ts'
import { handleBinding, handleEviction } from './pod-actions.ts'
import { handleLog } from './pod-log.ts'
import { handleGet } from './read.ts'
import { handleDelete, handleDeleteCollection } from './remove.ts'
import { handleReview } from './reviews.ts'
import { isSet } from './revisions.ts'
import { handleGetScale, scaleWriter } from './scale.ts'
import { type ResourceTarget, resourceTarget } from './target.ts'
import { handleCreate, handlePatch, handleUpdate, objectWriter, type Writer } from './write.ts'
import { refuseToken } from './tokens.ts'
import { handleWatch } from './watch.ts'

type Handler = (exchange: Exchange, target: ResourceTarget) => Promise<void> | void
type Methods = Partial<Record<string, Handler>>

const collection: Methods = {
  GET: (exchange, { kind, namespace }) =>
    isSet(exchange.query, 'watch')
      ? handleWatch(exchange, kind, namespace)
      : handleList(exchange, kind, namespace),
  POST: handleCreate,
}

const deletableCollection: Methods = { ...collection, DELETE: handleDeleteCollection }

const writes = (writerOf: (exchange: Exchange, target: ResourceTarget) => Writer): Methods => ({
  PUT: (exchange, target) => handleUpdate(exchange, target, writerOf(exchange, target)),
  PATCH: (exchange, target) => handlePatch(exchange, target, writerOf(exchange, target)),
})
const object =
  (method: 'update' | 'updateStatus' | 'finalize') => (exchange: Exchange, target: ResourceTarget) =>
    objectWriter(exchange, target, method)

const item: Methods = { GET: handleGet, DELETE: handleDelete, ...writes(object('update')) }

const subresources: Readonly<Record<string, Methods>> = {
  status: { GET: handleGet, ...writes(object('updateStatus')) },
  scale: { GET: handleGetScale, ...writes(scaleWriter) },
  finalize: { PUT: writes(object('finalize')).PUT },
  log: { GET: handleLog },
  eviction: { POST: handleEviction },
  binding: { POST: handleBinding },
  token: { POST: refuseToken },
  ephemeralcontainers: {
    GET: handleGetEphemeral,
    PUT: handlePutEphemeral,
    PATCH: writes(ephemeralWriter).PATCH,
  },
  exec: { GET: needsUpgrade, POST: needsUpgrade },
  attach: { GET: needsUpgrade, POST: needsUpgrade },
  portforward: { GET: needsUpgrade, POST: needsUpgrade },
  proxy: Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(method => [method, handleProxy]),
  ),
}

/**
 * Answers a request for objects. False when the path addresses nothing that is served.
 * @throws StatusError whatever the handler finds wrong
 */
export async function handleResource(exchange: Exchange): Promise<boolean> {
  const { method, path, services } = exchange
  const target = resourceTarget(path, services.kinds)
  if (!target) return handleReviews(exchange)
  const methods = methodsOf(target)
  if (!methods) return false
  const handler = methods[method === 'HEAD' ? 'GET' : method]
  if (!handler) throw methodNotAllowed(methods, method)
  await handler(exchange, target)
  return true
}

function methodsOf({ kind, name, subresource }: ResourceTarget): Methods | undefined {
  if (!name) return kind.deletedOneByOne ? collection : deletableCollection
  if (!subresource) return item
  const refused = kind.refusedSubresources?.[subresource]
  if (refused) throw new StatusError('MethodNotAllowed', `${kind.plural}/${subresource} ${refused}`)
  if (!kind.subresources.some(known => known === subresource)) return undefined
  const methods = Object.hasOwn(subresources, subresource) ? subresources[subresource] : undefined
  if (methods) return methods
  throw new StatusError(
    'MethodNotAllowed',
    `${kind.plural}/${subresource} is not served by this version of Coxswain yet`,
  )
}

/** As kube-apiserver; `api/streams` answers those that ask for an upgrade. */
function needsUpgrade(): never {
  throw badRequest('Upgrade request required')
}

async function handleReviews(exchange: Exchange): Promise<boolean> {
  const [root, group, version, ...rest] = exchange.path
  if (root !== 'apis') return false
  const inNamespace = rest.length === 3 && rest[0] === 'namespaces'
  const plural = inNamespace ? rest[2] : rest.length === 1 ? rest[0] : undefined
  const review = reviews.find(
    known =>
      known.group === group &&
      known.version === version &&
      known.plural === plural &&
      known.namespaced === inNamespace,
  )
  if (!review) return false
  if (exchange.method !== 'POST') throw methodNotAllowed({ POST: () => {} }, exchange.method)
  await handleReview(exchange, review)
  return true
}

function methodNotAllowed(methods: Methods, method: string): StatusError {
  const allowed = Object.keys(methods).join(', ')
  return new StatusError(
    'MethodNotAllowed',
    `the server does not allow this method on the requested resource: ${method} (allowed: ${allowed})`,
  )
}
