import type { Event, EventsEvent } from '../types.ts'
import { EventKind } from './event.ts'
import type { Kind } from './kind.ts'
import { versionOf } from './versions.ts'

/** Fields that the two versions name differently. Source: kubernetes pkg/apis/core/v1/conversion.go of events. */
const NAMES = {
  involvedObject: 'regarding',
  message: 'note',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
} as const

const toCore: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMES).map(([core, events]) => [events, core]),
)

function renamed(object: object, names: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [names[key] ?? key, value as unknown]),
  )
}

/** `events.k8s.io/v1`: the same events, as newer clients see them. */
export const EventsEventKind: Kind<EventsEvent> = versionOf<EventsEvent, Event>(EventKind, {
  group: 'events.k8s.io',
  version: 'v1',
  schema: 'io.k8s.api.events.v1.Event',
  toStored: event => ({ involvedObject: {}, ...renamed(event, toCore), apiVersion: 'v1' }) as Event,
  // source: kubernetes pkg/apis/events/v1/conversion.go
  fieldLabel: label =>
    label === 'reportingComponent' ? 'reportingController' : label.replace('involvedObject.', 'regarding.'),
  fromStored: event => ({ ...renamed(event, NAMES), apiVersion: 'events.k8s.io/v1' }) as EventsEvent,
})
