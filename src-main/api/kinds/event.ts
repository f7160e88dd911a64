import type { Event } from '../types.ts'
import type { Kind } from './kind.ts'
import { age } from './printing/age.ts'
import { nameColumn } from './printing/columns.ts'

function firstSeen(event: Event, now: number): string {
  return age(event.firstTimestamp ?? event.eventTime, now)
}

function lastSeen(event: Event, now: number): string {
  if (event.series) return age(event.series.lastObservedTime, now)
  return event.lastTimestamp ? age(event.lastTimestamp, now) : firstSeen(event, now)
}

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject.kind ?? '').toLowerCase()
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || ''
  const host = event.source?.host || event.reportingInstance
  return host ? `${component}, ${host}` : component
}

export const EventKind: Kind<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  shortNames: ['ev'],
  subresources: [],
  schema: 'io.k8s.api.core.v1.Event',
  validate: ({ involvedObject, metadata }, errors) => {
    // That it is there at all is the schema's business
    const namespace = (involvedObject as Event['involvedObject'] | undefined)?.namespace
    if (!namespace || namespace === metadata.namespace) return
    errors.invalid('involvedObject.namespace', namespace, 'does not match event.namespace')
  },
  fieldSelectors: {
    'involvedObject.kind': event => event.involvedObject.kind ?? '',
    'involvedObject.namespace': event => event.involvedObject.namespace ?? '',
    'involvedObject.name': event => event.involvedObject.name ?? '',
    'involvedObject.uid': event => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': event => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': event => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': event => event.involvedObject.fieldPath ?? '',
    reason: event => event.reason ?? '',
    reportingComponent: event => event.reportingComponent ?? '',
    source: event => event.source?.component || event.reportingComponent || '',
    type: event => event.type ?? '',
  },
  columns: [
    { name: 'Last Seen', type: 'string', description: 'Time since it last happened.', cell: lastSeen },
    { name: 'Type', type: 'string', description: 'Normal or Warning.', cell: event => event.type ?? '' },
    {
      name: 'Reason',
      type: 'string',
      description: 'A short word for why it happened.',
      cell: event => event.reason ?? '',
    },
    { name: 'Object', type: 'string', description: 'What it happened to.', cell: objectText },
    {
      name: 'Subobject',
      type: 'string',
      description: 'The part of the object that it happened to.',
      priority: 1,
      cell: event => event.involvedObject.fieldPath ?? '',
    },
    { name: 'Source', type: 'string', description: 'Who reports it.', priority: 1, cell: sourceText },
    {
      name: 'Message',
      type: 'string',
      description: 'What happened, in words.',
      cell: event => (event.message ?? '').trim(),
    },
    {
      name: 'First Seen',
      type: 'string',
      description: 'Time since it first happened.',
      priority: 1,
      cell: firstSeen,
    },
    {
      name: 'Count',
      type: 'string',
      description: 'How often it happened.',
      priority: 1,
      cell: event => event.series?.count ?? (event.count || 1),
    },
    { ...nameColumn, priority: 1 },
  ],
}
