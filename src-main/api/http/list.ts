import { badRequest, expired, isStatusError, StatusError } from '../../lib/errors.ts'
import { orderKey } from '../../store/object-index.ts'
import { apiVersionOf, type Kind } from '../kinds/kind.ts'
import type { KubeObject } from '../types.ts'
import { type ContinueToken, decodeContinue, encodeContinue, INCONSISTENT } from './continue-token.ts'
import type { Exchange } from './exchange.ts'
import { negotiate } from './negotiate.ts'
import { countIn, revisionIn } from './revisions.ts'
import { type Filter, filterOf, selectInPortions } from './selectors.ts'
import { sendList } from './send-list.ts'
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
  const fixed = start ? start.revision : exact ? asked : undefined
  const revision = fixed === undefined || fixed === INCONSISTENT ? registry.revision : fixed
  const listed = listedAt(() => registry.listAt(kind, revision, filter.selection), start)
  const all = await selectInPortions(listed, filter)
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

/** Source of the words: apiserver pkg/storage/errors.go and pkg/storage/etcd3/errors.go. */
const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.'

/** @throws StatusError Expired, with a token that goes on from `start` in the state of then */
function listedAt(list: () => KubeObject[], start: ContinueToken | undefined): KubeObject[] {
  try {
    return list()
  } catch (error) {
    if (!isStatusError(error, 'Expired')) throw error
    if (!start) throw expired('The resourceVersion for the provided list is too old.')
    const continueWith = encodeContinue({ revision: INCONSISTENT, after: start.after })
    throw new StatusError('Expired', TOO_OLD, { continueWith, cause: error })
  }
}
