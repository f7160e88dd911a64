import { badRequest, isStatusError } from '../../lib/errors.ts'
import { apiVersionOf } from '../kinds/kind.ts'
import type { DeleteResult } from '../registry/delete.ts'
import { contentTypeOf, parseBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { deleteOptions } from './options.ts'
import { acceptedForm, sendObject } from './read.ts'
import { JSON_TYPE, sendJson } from './respond.ts'
import { filterOf, selectInPortions } from './selectors.ts'
import { sendList } from './send-list.ts'
import type { ResourceTarget } from './target.ts'

/** DELETE of one object: the object as it waits, or a Status that it is gone (a Pod comes back in any case). */
export async function handleDelete(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const { kind, name, namespace } = target
  acceptedForm(exchange)
  const options = await readOptions(exchange)
  const { object, gone } = await exchange.services.registry.remove(kind, { name, namespace }, options)
  if (!gone || kind.gracePeriodSeconds) {
    await sendObject(exchange, 200, kind, object)
    return
  }
  const details = {
    name,
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.plural,
    uid: object.metadata.uid,
  }
  await sendJson(exchange, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
  })
}

/** DELETE of a collection: everything that the selectors match. */
export async function handleDeleteCollection(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const { kind, namespace } = target
  if (kind.namespaced && namespace === undefined)
    throw badRequest('delete a collection in one namespace at a time')
  const { query, services } = exchange
  const { registry } = services
  const options = await readOptions(exchange)
  const filter = filterOf(kind, namespace, query)
  const items: DeleteResult['object'][] = []
  for (const { metadata } of await selectInPortions(registry.list(kind, filter.selection), filter)) {
    try {
      const key = { name: metadata.name, namespace: metadata.namespace }
      items.push((await registry.remove(kind, key, options)).object)
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error
    }
  }
  const metadata = { resourceVersion: String(registry.revision) }
  const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata }
  await sendList(exchange, { head, member: 'items', items, render: item => item, contentType: JSON_TYPE })
}

async function readOptions({ query, request }: Exchange) {
  const bytes = await readBody(request)
  const body = bytes.length > 0 ? (await parseBody(contentTypeOf(request), bytes)).value : undefined
  return deleteOptions(query, body)
}
