import { beforeEach, expect, it } from 'vitest'
import { collectEvents, createEventRecorder } from '../../../src-main/api/event-recorder.ts'
import type { EventRecorder } from '../../../src-main/api/events.ts'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { EventKind } from '../../../src-main/api/kinds/event.ts'
import type { Kind } from '../../../src-main/api/kinds/kind.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { reportNotHonoured } from '../../../src-main/api/not-honoured.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { ConfigMap, KubeObject } from '../../../src-main/api/types.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { createFakeStore } from './registry/fake-store.ts'

let clock: ManualClock
let registry: Registry
let recorder: EventRecorder
let object: KubeObject

beforeEach(async () => {
  clock = new ManualClock()
  registry = new Registry({ store: createFakeStore(), clock })
  await ensureNamespaces(registry)
  recorder = createEventRecorder({ client: registry, clock, logger: silentLogger })
  object = await registry.create(ConfigMapKind, { metadata: { name: 'a', namespace: 'default' } })
})

/** Lets the writes that run in the background come to their end. */
const settle = () => clock.advance(0)
const events = () => registry.list(EventKind)

it('writes what kubectl describe looks for', async () => {
  recorder.event(object, 'Warning', 'Broken', 'it is broken')
  await settle()
  expect(events()).toMatchObject([
    {
      metadata: { namespace: 'default', name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) },
      involvedObject: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        name: 'a',
        namespace: 'default',
        uid: object.metadata.uid,
      },
      type: 'Warning',
      reason: 'Broken',
      message: 'it is broken',
      source: { component: 'coxswain' },
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    },
  ])
})

it('counts repetitions on one event', async () => {
  recorder.event(object, 'Normal', 'Pulled', 'pulled web:1')
  recorder.event(object, 'Normal', 'Pulled', 'pulled web:1')
  recorder.event(object, 'Normal', 'Pulled', 'pulled web:2')
  await settle()
  await clock.advance(60_000)
  recorder.event(object, 'Normal', 'Pulled', 'pulled web:1')
  await settle()
  const found = events().map(({ message, count, firstTimestamp, lastTimestamp }) => [message, count, firstTimestamp, lastTimestamp]) // prettier-ignore
  expect(found.sort()).toEqual([
    ['pulled web:1', 3, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['pulled web:2', 1, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ])
})

it('lets no object flood the others: 25 at once, then one every 5 minutes', async () => {
  for (let n = 0; n < 40; n++) recorder.event(object, 'Normal', 'Flood', `number ${n}`)
  await settle()
  expect(events()).toHaveLength(25)
  await clock.advance(10 * 60_000)
  for (let n = 40; n < 50; n++) recorder.event(object, 'Normal', 'Flood', `number ${n}`)
  await settle()
  expect(events()).toHaveLength(27)
})

it('puts events about nodes where kubectl describe node finds them', async () => {
  const node = await registry.create(NodeKind, { metadata: { name: 'n1' }, spec: {} })
  recorder.event(node, 'Normal', 'NodeReady', 'it is ready')
  await settle()
  expect(events()[0]).toMatchObject({
    metadata: { namespace: 'default' },
    involvedObject: { kind: 'Node', uid: 'n1' },
  })
})

it('never rejects, also where an event cannot be stored', async () => {
  const gone = { ...object, metadata: { ...object.metadata, namespace: 'gone' } }
  recorder.event(gone, 'Normal', 'Lost', 'nobody hears')
  await settle()
  expect(events()).toEqual([])
})

it('collects events that are over their hour, and the oldest beyond the bound', async () => {
  const stop = collectEvents({ client: registry, clock, logger: silentLogger, maxEvents: 2 })
  for (const reason of ['One', 'Two', 'Three']) {
    recorder.event(object, 'Normal', reason, 'x')
    await clock.advance(1000)
  }
  await clock.advance(60_000)
  expect(events().map(event => event.reason).sort()).toEqual(['Three', 'Two']) // prettier-ignore
  await clock.advance(61 * 60_000)
  expect(events()).toEqual([])
  stop()
})

it('tells once for each generation which fields have no effect', async () => {
  const kind: Kind<ConfigMap> = {
    ...ConfigMapKind,
    notHonoured: ({ immutable }) => (immutable ? [{ field: 'immutable', why: 'it is ignored' }] : []),
  }
  const stop = reportNotHonoured({ client: registry, kinds: [kind], events: recorder })
  const metadata = { name: 'b', namespace: 'default' }
  await registry.create(kind, { metadata, immutable: true })
  await registry.modify(kind, metadata, draft => void (draft.metadata.labels = { a: 'b' }))
  await settle()
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: 'u', controller: true }
  await registry.create(kind, {
    metadata: { ...metadata, name: 'c', ownerReferences: [owner] },
    immutable: true,
  })
  await settle()
  expect(events()).toMatchObject([
    { reason: 'NotHonoured', message: 'immutable: it is ignored', count: 1, involvedObject: { name: 'b' } },
  ])
  stop()
})
