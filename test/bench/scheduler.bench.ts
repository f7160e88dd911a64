import { NodeKind } from '../../src-main/api/kinds/node.ts'
import { PodKind } from '../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../src-main/api/namespaces.ts'
import { Registry } from '../../src-main/api/registry.ts'
import { systemClock } from '../../src-main/lib/clock.ts'
import { silentLogger } from '../../src-main/lib/logger.ts'
import { startScheduler } from '../../src-main/scheduler/index.ts'
import { createMemoryObjectStore } from '../../src-main/store/memory.ts'
import { medianOf } from './support/figures.ts'

const NODES = 1_000
const PODS = 3_000
const RUNS = 3
/** What this part of Coxswain is held to. */
const AIM = 300

/** Pods a second, from waiting to bound, through the real API over a store in memory. */
async function measure(): Promise<number> {
  const registry = new Registry({ store: createMemoryObjectStore(), clock: systemClock })
  await ensureNamespaces(registry)
  const allocatable = { cpu: '16', memory: '64Gi', pods: '110' }
  for (let index = 0; index < NODES; index++) {
    const name = `node-${index}`
    await registry.create(NodeKind, {
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      spec: {},
    })
    await registry.modifyStatus(NodeKind, { name }, draft => {
      draft.status = { allocatable, capacity: allocatable }
    })
  }
  const requests = { cpu: '100m', memory: '128Mi' }
  for (let index = 0; index < PODS; index++) {
    await registry.create(PodKind, {
      metadata: {
        name: `pod-${index}`,
        namespace: 'default',
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: 'x',
            uid: `owner-${index % 100}`,
            controller: true,
          },
        ],
      },
      spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests } }] },
    })
  }
  const bound = new Promise<void>(resolve => {
    let count = 0
    const off = registry.watch(PodKind, ({ object, previous }) => {
      if (!object.spec.nodeName || previous?.spec.nodeName || ++count < PODS) return
      off()
      resolve()
    })
  })
  const start = performance.now()
  const events = { event: () => undefined }
  const scheduler = startScheduler({ client: registry, events, clock: systemClock, logger: silentLogger })
  await bound
  const seconds = (performance.now() - start) / 1000
  await scheduler.stop()
  return PODS / seconds
}

export async function run(): Promise<void> {
  const rates: number[] = []
  for (let index = 0; index < RUNS; index++) rates.push(await measure())
  const median = medianOf(rates)
  console.log(`${PODS} pods on ${NODES} nodes, median of ${RUNS} runs (${rates.map(Math.round).join(', ')}):`)
  console.log(`${Math.round(median)} pods/s, ${(median / AIM).toFixed(1)} × the aim of ${AIM}`)
}
