import { randomInt } from 'node:crypto'
import type { Writable } from 'node:stream'
import { StatusError, isStatusError } from '../../lib/errors.ts'
import type { StoreEvent } from '../../store/object-store.ts'
import { CustomResourceDefinitionKind } from '../kinds/custom-resource-definition.ts'
import { apiVersionOf, type Kind } from '../kinds/kind.ts'
import type { KubeObject } from '../types.ts'
import { EventWriter, type WaitingEvent } from './event-writer.ts'
import type { ApiRequest, Exchange } from './exchange.ts'
import { negotiate, type Representation } from './negotiate.ts'
import { countIn, isSet, requireRevision, revisionIn } from './revisions.ts'
import { type Filter, filterOf } from './selectors.ts'
import { includeObject, partialMetadata, tableOf } from './table.ts'

/** As kube-apiserver: a watch ends after 30 to 60 minutes unless the client says otherwise. */
const MIN_TIMEOUT_S = 1800
const BOOKMARK_EVERY_MS = 60_000
const MAX_TIMER_MS = 2 ** 31 - 1
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

type Render = NonNullable<WaitingEvent['render']>

/** GET of a collection with `watch`: a line of JSON for each change. */
export function handleWatch(exchange: Exchange, kind: Kind, namespace: string | undefined): void {
  const { response } = exchange
  sendWatch(exchange, { kind, namespace }, contentType => {
    response.writeHead(200, {
      'Content-Type': `${contentType};stream=watch`.replace('json;stream=watch', 'json'),
      'Cache-Control': 'no-cache, private',
      'X-Content-Type-Options': 'nosniff',
    })
    response.flushHeaders()
    return response
  })
}

/**
 * Sends each change, a line of JSON with one write, until the client leaves or the time is over. Without a
 * resourceVersion (or with 0) it begins with what is there.
 * @param open tells the client that the watch begins
 * @throws StatusError BadRequest, Invalid, NotAcceptable; a resourceVersion that is too old is told as an ERROR event
 */
export function sendWatch(
  asked: ApiRequest,
  { kind, namespace }: { kind: Kind; namespace: string | undefined },
  open: (contentType: string) => Writable,
): void {
  const { query, request, services } = asked
  const { clock, registry } = services
  const representation = negotiate(request.headers.accept)
  const filter = filterOf(kind, namespace, query)
  const render = renderer(asked, kind, representation)
  const sendInitial = sendInitialEvents(query)
  const timeoutS = countIn(query, 'timeoutSeconds') || MIN_TIMEOUT_S + randomInt(MIN_TIMEOUT_S)
  const bookmarks = isSet(query, 'allowWatchBookmarks')
  requireRevision(query)

  const writer = new EventWriter(open(representation.contentType), services)

  const bookmark = (annotations?: Record<string, string>) => {
    writer.push({
      type: 'BOOKMARK',
      object: bookmarkObject(kind, registry.revision, representation, annotations),
    })
  }
  try {
    const since = revisionIn(query, registry.revision) ?? 0
    const initial = sendInitial ?? since === 0
    if (initial) {
      const selected = ifSelected(filter, render)
      const there = registry.list(kind, filter.selection)
      writer.expect(there.map(object => ({ type: 'ADDED', object, render: selected })))
    }
    if (initial && sendInitial) bookmark({ [INITIAL_EVENTS_END]: 'true' })
    const from = initial || since === 0 ? registry.revision : since
    writer.onClose(
      registry.watchFrom(kind, from, event => {
        const seen = asSeenThrough(filter, event)
        if (seen) writer.push({ ...seen, render })
      }),
    )
  } catch (error) {
    if (!isStatusError(error)) throw error
    writer.push({ type: 'ERROR', object: error.toStatus() })
    writer.end()
    return
  }

  if (kind.custom) {
    // Nobody would hear of the objects of another definition with these names here
    const isServed = () => services.kinds.some(other => other.custom && sameKind(other, kind))
    writer.onClose(registry.watch(CustomResourceDefinitionKind, () => !isServed() && writer.end()))
  }
  const repeatBookmark = () => {
    bookmark()
    cancelBookmark = clock.after(BOOKMARK_EVERY_MS, repeatBookmark)
  }
  let cancelBookmark = bookmarks ? clock.after(BOOKMARK_EVERY_MS, repeatBookmark) : () => {}
  const cancelEnd = clock.after(Math.min(timeoutS * 1000, MAX_TIMER_MS), () => {
    if (bookmarks) bookmark()
    writer.end()
  })
  writer.onClose(() => {
    cancelBookmark()
    cancelEnd()
  })
}

function sameKind(a: Kind, b: Kind): boolean {
  return a.group === b.group && a.version === b.version && a.plural === b.plural
}

/** Whether the client asks for what is there as events, with a bookmark at their end (KEP 3157). */
function sendInitialEvents(query: URLSearchParams): boolean | undefined {
  if (!query.has('sendInitialEvents')) {
    if (!query.get('resourceVersionMatch')) return undefined
    throw invalidOption('resourceVersionMatch', 'is forbidden for watch unless sendInitialEvents is provided')
  }
  if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw invalidOption(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  return isSet(query, 'sendInitialEvents')
}

function invalidOption(field: string, message: string): StatusError {
  return new StatusError(
    'Invalid',
    `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${message}`,
    {
      details: {
        group: 'meta.k8s.io',
        kind: 'ListOptions',
        causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field }],
      },
    },
  )
}

/** An object that begins to match is new to this watcher, and one that no longer matches is gone for it. */
function asSeenThrough(
  { matches }: Filter,
  { type, object, previous }: StoreEvent,
): { type: StoreEvent['type']; object: KubeObject } | undefined {
  const now = object as unknown as KubeObject
  const before = previous as unknown as KubeObject | undefined
  const matched = before !== undefined && matches(before)
  if (type === 'DELETED') return matched || matches(now) ? { type, object: now } : undefined
  const matchesNow = matches(now)
  if (matchesNow) return { type: matched ? 'MODIFIED' : 'ADDED', object: now }
  if (!matched) return undefined
  const { resourceVersion } = now.metadata
  return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion } } }
}

function renderer(asked: ApiRequest, kind: Kind, { form, version }: Representation): Render {
  const { query, services } = asked
  if (form === 'Object') return object => object
  if (form !== 'Table') return object => partialMetadata(object as KubeObject, version)
  const include = includeObject(query)
  let first = true
  return object => {
    const { resourceVersion } = (object as KubeObject).metadata
    const table = tableOf(
      kind,
      [object as KubeObject],
      { resourceVersion },
      { version, include, now: services.clock.now() },
    )
    // Only the first Table of a watch describes its columns.
    if (!first) table.columnDefinitions = []
    first = false
    return table
  }
}

/** What the store's indexes do not tell is looked at when an object's turn comes: there may be many of them. */
function ifSelected({ rest }: Filter, render: Render): Render {
  return rest ? object => (rest(object as KubeObject) ? render(object) : undefined) : render
}

function bookmarkObject(
  kind: Kind,
  revision: number,
  { form, version }: Representation,
  annotations?: Record<string, string>,
): object {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
  if (form === 'Object') return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }
  const marker = { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
  if (form !== 'Table') return marker
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: [],
    rows: [{ cells: kind.columns.map(() => null), object: marker }],
  }
}
