import { beforeEach, describe, expect, it } from 'vitest'
import { HorizontalPodAutoscalerKind } from '../../../../src-main/api/kinds/horizontal-pod-autoscaler.ts'
import { DeploymentKind } from '../../../../src-main/api/kinds/deployment.ts'
import { JobKind } from '../../../../src-main/api/kinds/job.ts'
import { LeaseKind } from '../../../../src-main/api/kinds/lease.ts'
import { NodeKind } from '../../../../src-main/api/kinds/node.ts'
import { PersistentVolumeClaimKind } from '../../../../src-main/api/kinds/persistent-volume-claim.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { type Kind, resourceOf } from '../../../../src-main/api/kinds/kind.ts'
import { ensureNamespaces } from '../../../../src-main/api/namespaces.ts'
import { Registry } from '../../../../src-main/api/registry.ts'
import type { KubeObject, NewObject } from '../../../../src-main/api/types.ts'
import { inCanonicalForm } from '../../../../src-main/api/validation/canonical-form.ts'
import { sameTemplate } from '../../../../src-main/controllers/deployment/template-hash.ts'
import { copyJson } from '../../../../src-main/lib/json.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'
import { createFakeStore } from './fake-store.ts'

let store: ReturnType<typeof createFakeStore>
let registry: Registry

beforeEach(async () => {
  store = createFakeStore()
  registry = new Registry({ store, clock: new ManualClock() })
  await ensureNamespaces(registry)
})

const metadata = { name: 'a', namespace: 'default' }
const container = (cpu: unknown) => ({ name: 'c', image: 'web:1', resources: { limits: { cpu } } })
const template = (cpu: unknown) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [container(cpu)], restartPolicy: 'Always' },
})
const deployment = (cpu: unknown) =>
  ({ metadata, spec: { selector: { matchLabels: { app: 'a' } }, template: template(cpu) } }) as NewObject
const jobSpec = (cpu: unknown) => {
  const { metadata, spec } = template(cpu)
  return { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } }
}
const claim = (storage: unknown) =>
  ({ metadata, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } }) as NewObject
const cpuOf = (object: object) => {
  const { spec } = object as { spec: { template: ReturnType<typeof template> } }
  return spec.template.spec.containers[0]?.resources.limits.cpu
}
const any = (kind: unknown) => kind as Kind<KubeObject>

/** An object as a version before this one stored it: with the quantities as they were written. */
async function storedBefore(kind: Kind<KubeObject>, object: NewObject, from: string, to: unknown) {
  const made = await registry.create(kind, object)
  const put = (value: unknown): unknown => {
    if (value === from) return to
    if (Array.isArray(value)) return value.map(put)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, put(member)]))
  }
  const { spec, ...rest } = made as KubeObject & { spec: unknown }
  const old = { ...rest, spec: put(spec) } as KubeObject
  return (await store.update(resourceOf(kind as unknown as Kind), old as never)) as unknown as KubeObject
}

describe('what is written', () => {
  it.each([
    [1, '1'],
    ['1000m', '1'],
    [0.5, '500m'],
    ['0.1m', '1m'],
  ])('has its quantities in the form that Kubernetes gives them: %j', async (cpu, text) => {
    expect(cpuOf(await registry.create(any(DeploymentKind), deployment(cpu)))).toBe(text)
  })

  it('has them so in a status and in lists', async () => {
    const node = await registry.create(NodeKind, { metadata: { name: 'n' } } as never)
    const capacity = { cpu: 4, memory: '1048576Ki' } as never
    const { status } = await registry.updateStatus(NodeKind, { ...copyJson(node), status: { capacity } })
    expect(status?.capacity).toEqual({ cpu: '4', memory: '1Gi' })
  })

  it('keeps what is finer than thousandths outside of resource lists', async () => {
    const metric = (value: unknown) => ({
      type: 'External',
      external: { metric: { name: 'm' }, target: { type: 'Value', value } },
    })
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'a' },
      maxReplicas: 2,
      metrics: [metric('0.1m')],
    }
    const made = await registry.create(any(HorizontalPodAutoscalerKind), { metadata, spec } as NewObject)
    expect(made).toMatchObject({ spec: { metrics: [metric('100u')] } })
  })

  it('names what is no quantity', async () => {
    await expect(registry.create(any(DeploymentKind), deployment('1 GB'))).rejects.toThrow(
      /quantities must match/,
    )
  })

  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000Z'],
    ['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.123000Z'],
    ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456Z'],
    ['2026-01-01t02:00:00.1234567+02:00', '2026-01-01T00:00:00.123456Z'],
  ])('has its times of microseconds as Go reads them: %s', async (renewTime, time) => {
    const made = await registry.create(any(LeaseKind), { metadata, spec: { renewTime } } as NewObject)
    expect(made).toMatchObject({ spec: { renewTime: time } })
  })

  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01t02:00:00.9+02:00', '2026-01-01T00:00:00Z'],
  ])('has its other times to the second: %s', async (lastTransitionTime, time) => {
    const node = await registry.create(NodeKind, { metadata: { name: 'n' } } as never)
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }] as never
    const { status } = await registry.updateStatus(NodeKind, { ...copyJson(node), status: { conditions } })
    expect(status?.conditions?.[0]?.lastTransitionTime).toBe(time)
  })

  it('is the very object when it is in that form', async () => {
    const made = await registry.create(any(DeploymentKind), deployment('1'))
    expect(inCanonicalForm(DeploymentKind as unknown as Kind, made)).toBe(made)
  })
})

it('the same amount in another form changes nothing', async () => {
  const made = await registry.create(any(DeploymentKind), deployment(1))
  const draft = copyJson(made) as KubeObject & NewObject
  Object.assign(draft, { spec: (deployment('1000m') as unknown as { spec: object }).spec })
  const again = await registry.update(any(DeploymentKind), draft)
  expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
})

describe('what an earlier version stored with numbers', () => {
  it('is no new template when it is written again', async () => {
    const old = await storedBefore(any(DeploymentKind), deployment('1'), '1', 1)
    expect(cpuOf(old)).toBe(1)
    const draft = copyJson(old) as KubeObject & { spec: { template: object } }
    draft.spec.template = { ...copyJson(draft.spec.template), ...template('1000m') }
    const now = await registry.update(any(DeploymentKind), draft as KubeObject)
    expect(cpuOf(now)).toBe('1')
    expect(now.metadata.generation).toBe(old.metadata.generation)
    const templateIn = (object: unknown) => (object as { spec: { template: never } }).spec.template
    expect(sameTemplate(templateIn(now), templateIn(old))).toBe(true)
    expect(sameTemplate(template('1') as never, template('2') as never)).toBe(false)
  })

  it.each([
    [any(JobKind), { metadata, spec: jobSpec('1') } as NewObject, '1', 1],
    [any(PodKind), { metadata, spec: { containers: [container('1')] } } as NewObject, '1', 1],
    [any(PersistentVolumeClaimKind), claim('1Gi'), '1Gi', 1073741824],
  ])(
    'takes writes of labels, of its status and of the same amounts: $0.kind',
    async (kind, object, text, number) => {
      const old = await storedBefore(kind, object, text, number)
      const labelled = copyJson(old)
      labelled.metadata.labels = { ...labelled.metadata.labels, tier: 'web' }
      const now = await registry.update(kind, labelled)
      const status = await registry.updateStatus(kind, copyJson(now))
      const { spec } = inCanonicalForm(kind as unknown as Kind, copyJson(status)) as unknown as {
        spec: object
      }
      expect(spec).not.toEqual((status as unknown as { spec: object }).spec)
      const rewritten = await registry.update(kind, { ...copyJson(status), spec } as KubeObject)
      expect(rewritten).toMatchObject({ spec })
    },
  )
})
