import { once } from 'node:events'
import { constants, createGzip } from 'node:zlib'
import { badRequest } from '../../lib/errors.ts'
import { turn } from '../../lib/turn.ts'
import { orderKey } from '../../store/object-index.ts'
import { jsonInPassing } from '../../store/object-text.ts'
import { apiVersionOf, type Kind } from '../kinds/kind.ts'
import type { KubeObject } from '../types.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'
import type { Exchange } from './exchange.ts'
import { negotiate } from './negotiate.ts'
import { acceptsGzip, sendJson } from './respond.ts'
import { countIn, revisionIn } from './revisions.ts'
import { type Filter, filterOf, select } from './selectors.ts'
import { includeObject, partialMetadata, tableOf, tableRow } from './table.ts'

interface Page {
  objects: readonly KubeObject[]
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
}

/** GET of a collection: a List, a Table or PartialObjectMetadata, whole or page by page. */
export async function handleList(
  exchange: Exchange,
  kind: Kind,
  namespace: string | undefined,
): Promise<void> {
  const { query, request, services } = exchange
  const representation = negotiate(request.headers.accept)
  const page = await pageOf(exchange, kind, filterOf(kind, namespace, query))
  const { form, version, contentType } = representation
  if (form === 'Table') {
    const options = { version, include: includeObject(query), now: services.clock.now() }
    const { rows: _, ...head } = tableOf(kind, [], page.metadata, options)
    const row = (object: KubeObject) => tableRow(kind, object, options)
    await sendList(exchange, { head, member: 'rows', items: page.objects, render: row, contentType })
    return
  }
  const partial = form !== 'Object'
  const head = {
    kind: partial ? 'PartialObjectMetadataList' : `${kind.kind}List`,
    apiVersion: partial ? `meta.k8s.io/${version}` : apiVersionOf(kind),
    metadata: page.metadata,
  }
  const render = (object: KubeObject) => (partial ? partialMetadata(object, version) : object)
  await sendList(exchange, { head, member: 'items', items: page.objects, render, contentType })
}

/** How many objects are held against a filter before others have their turn. */
const SELECTED_AT_ONCE = 5_000

/** @throws StatusError BadRequest, Expired */
async function pageOf({ query, services }: Exchange, kind: Kind, filter: Filter): Promise<Page> {
  const { registry } = services
  const limit = countIn(query, 'limit') ?? 0
  const token = query.get('continue')
  const asked = revisionIn(query, registry.revision)
  if (token && asked) throw badRequest('resourceVersion must not be given together with continue')
  const start = token ? decodeContinue(token) : undefined
  const exact = query.get('resourceVersionMatch') === 'Exact'
  if (exact && !asked) throw badRequest('resourceVersionMatch=Exact needs a resourceVersion')
  const revision = start?.revision ?? (exact && asked ? asked : registry.revision)
  const all = await selectInPortions(registry.listAt(kind, revision, filter.selection), filter)
  const following = start ? all.filter(object => orderKey(object) > start.after) : all
  const objects = limit > 0 ? following.slice(0, limit) : following
  const last = objects.at(-1)
  const remaining = following.length - objects.length
  const metadata: Page['metadata'] = { resourceVersion: String(revision) }
  if (last && remaining > 0) {
    metadata.continue = encodeContinue({ revision, after: orderKey(last) })
    // Kubernetes leaves the count out where selectors are given, because it does not know it.
    if (!query.get('labelSelector') && !query.get('fieldSelector')) metadata.remainingItemCount = remaining
  }
  return { objects, metadata }
}

/** As `select`; others have their turn, however many objects there are and however long the selectors. */
async function selectInPortions(
  objects: readonly KubeObject[],
  filter: Filter,
): Promise<readonly KubeObject[]> {
  if (!filter.rest) return objects
  const selected: (readonly KubeObject[])[] = []
  for (let index = 0; index < objects.length; index += SELECTED_AT_ONCE) {
    if (index > 0) await turn()
    selected.push(select(objects.slice(index, index + SELECTED_AT_ONCE), filter))
  }
  return selected.flat()
}

interface ListBody {
  /** Everything but the items. */
  head: object
  member: 'items' | 'rows'
  items: readonly KubeObject[]
  render(object: KubeObject): object
  contentType: string
}

/** So many items are turned into text at once; between two portions other requests have their turn. */
const PORTION = 250
/** So much may wait for the client: enough that it need not wait for us at every portion. */
const MAX_AHEAD_BYTES = 4 * 1024 * 1024

/** Writes a list item by item, at the pace of the client, so that a large one is never text as a whole. */
async function sendList(
  exchange: Exchange,
  { head, member, items, render, contentType }: ListBody,
): Promise<void> {
  const { response } = exchange
  if (items.length <= PORTION) {
    await sendJson(exchange, 200, { ...head, [member]: items.map(render) }, contentType)
    return
  }
  response.setHeader('Content-Type', contentType)
  response.setHeader('Cache-Control', 'no-cache, private')
  const gzip = acceptsGzip(exchange) ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined
  if (gzip) {
    response.setHeader('Content-Encoding', 'gzip')
    response.setHeader('Vary', 'Accept-Encoding')
    gzip.pipe(response)
  }
  const out = gzip ?? response
  const gone = once(response, 'close')
  out.write(`${JSON.stringify(head).slice(0, -1)},"${member}":[`)
  for (let index = 0; index < items.length && !response.destroyed; index += PORTION) {
    const portion = items.slice(index, index + PORTION).map(item => jsonInPassing(render(item)))
    const flowing = out.write((index > 0 ? ',' : '') + portion.join(','))
    if (!flowing && out.writableLength > MAX_AHEAD_BYTES) await Promise.race([once(out, 'drain'), gone])
    else await turn()
  }
  out.end(']}\n')
}
