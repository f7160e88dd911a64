import { badRequest, conflict } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import { PodKind } from '../kinds/pod.ts'
import { contentTypeOf, parseBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { deleteOptions, writeOptions } from './options.ts'
import { requireObject } from './read.ts'
import { sendJson } from './respond.ts'
import type { ResourceTarget } from './target.ts'

/** POST of `pods/NAME/binding`: a scheduler puts the pod on a node. */
export async function handleBinding(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const body = await readAction(exchange)
  const node = isJsonObject(body.target) ? body.target.name : undefined
  if (typeof node !== 'string' || !node)
    throw badRequest('target.name: Required value: the node to bind the pod to')
  requireObject(exchange, target)
  if (!writeOptions(exchange.query).dryRun) {
    await exchange.services.registry.modify(PodKind, target, draft => {
      if (draft.spec.nodeName) {
        throw conflict(
          { group: '', resource: 'pods/binding' },
          target.name,
          `pod ${target.name} is already assigned to node "${draft.spec.nodeName}"`,
        )
      }
      draft.spec.nodeName = node
    })
  }
  await sendSuccess(exchange)
}

/** POST of `pods/NAME/eviction`, as `kubectl drain` asks for it: a deletion that budgets may refuse. */
export async function handleEviction(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const body = await readAction(exchange)
  const options = deleteOptions(exchange.query, body.deleteOptions)
  const dryRun = options.dryRun || Boolean(writeOptions(exchange.query).dryRun)
  const { name, namespace } = target
  await exchange.services.registry.remove(PodKind, { name, namespace }, { ...options, dryRun })
  await sendSuccess(exchange)
}

async function readAction({ request }: Exchange): Promise<Record<string, unknown>> {
  const { value } = await parseBody(contentTypeOf(request), await readBody(request))
  if (!isJsonObject(value)) throw badRequest('the body must be an object')
  return value
}

async function sendSuccess(exchange: Exchange): Promise<void> {
  await sendJson(exchange, 201, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  })
}
