import type { Event } from '../../src-main/api/types.ts'
import { age, statusCell, text, type RowKind, type Status } from './row-kind.ts'

export function lastSeen(event: Event): string | undefined {
  return (
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp
  )
}

/** For the table; as `compareEvents`, with room for a thousand versions within a second. */
function latestFirst(event: Event): number {
  return -Date.parse(lastSeen(event) ?? '') - (Number(event.metadata.resourceVersion) % 1000)
}

/** The latest first: times are in whole seconds, versions say what came first within one. */
export function compareEvents(a: Event, b: Event): number {
  const order = (lastSeen(b) ?? '').localeCompare(lastSeen(a) ?? '')
  return order || Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion)
}

export function eventStatus(event: Event): Status {
  return event.type === 'Warning'
    ? { state: 'wrong', text: event.reason ?? 'Warning' }
    : { state: 'off', text: event.reason ?? 'Normal' }
}

export const eventRows: RowKind<Event> = {
  resource: 'events',
  title: 'Events',
  about: 'An Event tells what happened to an object. Repetitions are counted on one line.',
  empty: 'No events. What happens to pods, deployments and servers is told here.',
  columns: [
    { id: 'last', title: 'Last seen', width: '84px', align: 'right' },
    { id: 'reason', title: 'Reason', width: 'minmax(130px, 1fr)' },
    { id: 'object', minor: true, title: 'Object', width: 'minmax(170px, 2fr)' },
    { id: 'message', title: 'Message', width: 'minmax(220px, 4fr)' },
    { id: 'count', minor: true, title: 'Count', width: '64px', align: 'right' },
    { id: 'source', minor: true, title: 'From', width: 'minmax(100px, 1fr)' },
  ],
  status: eventStatus,
  cells(event) {
    const { kind, name } = event.involvedObject
    return {
      last: { ...age(lastSeen(event)), sort: latestFirst(event) },
      reason: statusCell(eventStatus(event)),
      object: { kind: 'pod-name', text: `${kind ?? ''}/${name ?? ''}` },
      message: text(event.message ?? undefined),
      count: text(event.series?.count ?? event.count ?? 1),
      source: text(event.source?.component ?? event.reportingComponent ?? undefined),
    }
  },
  actions: () => [],
}
