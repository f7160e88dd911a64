import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject, ManagedFieldsEntry } from '../../../../src-main/api/types.ts'
import type { Reply } from '../../../reply.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi

beforeAll(async () => {
  api = await serveApi()
})
afterAll(() => api.stop())

const ns = 'namespaces/default'
interface Options {
  manager?: string
  query?: string
}

const apply = (path: string, config: object, { manager = 'a', query = '' }: Options = {}): Promise<Reply> =>
  call(api, `/apis/${path}?fieldManager=${manager}${query}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/apply-patch+yaml' },
    body: JSON.stringify(config),
  })
const write = (method: string, path: string, body: object, manager = 'u'): Promise<Reply> =>
  call(api, `/apis/${path}?fieldManager=${manager}`, {
    method,
    headers: { 'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    body,
  })
type Answer = KubeObject & {
  spec: Record<string, unknown>
  status?: unknown
  reason?: string
  message: string
}
const read = (reply: Reply) => reply.json<Answer>()
const get = async (path: string) => read(await call(api, `/apis/${path}`))
const entries = ({ metadata }: KubeObject): ManagedFieldsEntry[] => metadata.managedFields ?? []
const owners = (object: KubeObject) =>
  entries(object).map(({ manager, operation, apiVersion, subresource }) =>
    [manager, operation, apiVersion, subresource].filter(Boolean).join(' '),
  )
const fieldsOf = (object: KubeObject, manager: string) =>
  entries(object).find(entry => entry.manager === manager)?.fieldsV1

const hpa = (version: string, spec: object, name = 'web') => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec,
})
const target = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 }
const cpu = (averageUtilization: number) => ({
  metrics: [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
  ],
})
const at = (version: string, name = 'web') => `autoscaling/${version}/${ns}/horizontalpodautoscalers/${name}`

describe('fields of an object in two versions', () => {
  it('are named in the version in which they were written', async () => {
    const created = await apply(
      at('v1', 'one'),
      hpa('v1', { ...target, targetCPUUtilizationPercentage: 50 }, 'one'),
    )
    expect(created.code).toBe(201)
    const object = await get(at('v2', 'one'))
    expect(owners(object)).toEqual(['a Apply autoscaling/v1'])
    expect(fieldsOf(object, 'a')).toHaveProperty(['f:spec', 'f:targetCPUUtilizationPercentage'])
    expect(object.spec).toMatchObject(cpu(50))
    await write('PATCH', at('v1', 'one'), { spec: { minReplicas: 2 } })
    expect(owners(await get(at('v2', 'one')))).toEqual(['a Apply autoscaling/v1', 'u Update autoscaling/v1'])
  })

  it('meet where they are the same field in other words', async () => {
    await apply(at('v1', 'two'), hpa('v1', { ...target, targetCPUUtilizationPercentage: 50 }, 'two'))
    const refused = await apply(at('v2', 'two'), hpa('v2', { ...target, ...cpu(60) }, 'two'), {
      manager: 'b',
    })
    expect(refused.code).toBe(409)
    expect(read(refused).message).toBe(
      'Apply failed with 1 conflict: conflict with "a": .spec.targetCPUUtilizationPercentage',
    )
    const forced = await apply(at('v2', 'two'), hpa('v2', { ...target, ...cpu(60) }, 'two'), {
      manager: 'b',
      query: '&force=true',
    })
    expect(read(forced).spec).toMatchObject(cpu(60))
    expect(fieldsOf(read(forced), 'a')).not.toHaveProperty(['f:spec', 'f:targetCPUUtilizationPercentage'])
  })

  it('go with a manager that changes its version and names them no more', async () => {
    await apply(at('v1', 'three'), hpa('v1', { ...target, targetCPUUtilizationPercentage: 50 }, 'three'))
    const without = await apply(at('v2', 'three'), hpa('v2', target, 'three'))
    // 80 % is what Kubernetes takes where nobody says anything
    expect(read(without).spec).toMatchObject(cpu(80))
    expect(owners(read(without))).toEqual(['a Apply autoscaling/v2'])
  })

  it('stay with whoever else applies them in another version', async () => {
    await apply(at('v1', 'four'), hpa('v1', { ...target, targetCPUUtilizationPercentage: 50 }, 'four'))
    const shared = await apply(at('v2', 'four'), hpa('v2', { ...target, ...cpu(50) }, 'four'), {
      manager: 'b',
    })
    expect(shared.code).toBe(200)
    const given = await apply(at('v1', 'four'), hpa('v1', target, 'four'))
    expect(given.code).toBe(200)
    expect((await get(at('v2', 'four'))).spec).toMatchObject(cpu(50))
  })

  it('change nothing when applied again, in either version', async () => {
    const config = hpa('v1', { ...target, targetCPUUtilizationPercentage: 50 }, 'five')
    await apply(at('v1', 'five'), config)
    const before = await get(at('v2', 'five'))
    expect((await apply(at('v1', 'five'), config)).code).toBe(200)
    expect(await get(at('v2', 'five'))).toEqual(before)
  })

  it('of alias versions too: batch/v1beta1', async () => {
    const cron = (version: string, schedule: string) => ({
      apiVersion: `batch/${version}`,
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: {
        schedule,
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'web:1' }] } },
          },
        },
      },
    })
    const path = (version: string) => `batch/${version}/${ns}/cronjobs/tick`
    expect((await apply(path('v1beta1'), cron('v1beta1', '* * * * *'))).code).toBe(201)
    expect(owners(await get(path('v1')))).toEqual(['a Apply batch/v1beta1'])
    const refused = await apply(path('v1'), cron('v1', '0 * * * *'), { manager: 'b' })
    expect(read(refused).message).toContain('conflict with "a": .spec.schedule')
  })

  it('that do not have the structure of their kind are refused', async () => {
    await apply(at('v1', 'six'), hpa('v1', target, 'six'))
    for (const spec of ['words', [], { ...target, metrics: 'x' }]) {
      const reply = await apply(at('v2', 'six'), hpa('v2', spec as object, 'six'), { manager: 'b' })
      expect([400, 422]).toContain(reply.code)
    }
  })
})

const web = (replicas?: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    },
  },
})
const scale = (spec: object, metadata: object = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web', ...metadata },
  spec,
})
const deployments = `apps/v1/${ns}/deployments`

describe('apply of a subresource', () => {
  it('scale owns the number of replicas', async () => {
    await apply(`${deployments}/web`, web(2))
    const refused = await apply(`${deployments}/web/scale`, scale({ replicas: 4 }), { manager: 's' })
    expect(read(refused).message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.replicas')
    const forced = await apply(`${deployments}/web/scale`, scale({ replicas: 4 }), {
      manager: 's',
      query: '&force=true',
    })
    expect(read(forced)).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } })
    const object = await get(`${deployments}/web`)
    expect(object.spec).toMatchObject({ replicas: 4, selector: { matchLabels: { app: 'web' } } })
    expect(owners(object)).toEqual(['a Apply apps/v1', 's Apply apps/v1 scale'])
    expect(fieldsOf(object, 's')).toEqual({ 'f:spec': { 'f:replicas': {} } })
    // who applies the whole now leaves the number alone, and keeps the rest
    expect((await apply(`${deployments}/web`, web())).code).toBe(200)
    expect((await get(`${deployments}/web`)).spec).toMatchObject({ replicas: 4 })
  })

  it.each([
    ['another kind', { ...scale({ replicas: 1 }), kind: 'Deployment' }, 400],
    ['another name', scale({ replicas: 1 }, { name: 'other' }), 422],
    ['no number', scale({ replicas: 'many' }), 422],
    ['a number below zero', scale({ replicas: -1 }), 422],
    ['another uid', scale({ replicas: 1 }, { uid: 'x' }), 409],
  ])('scale refuses %s', async (_what, config, code) => {
    const reply = await apply(`${deployments}/web/scale`, config, { query: '&force=true' })
    expect(reply.code).toBe(code)
  })

  it('scale of what is not there is not made', async () => {
    const reply = await apply(`${deployments}/none/scale`, scale({ replicas: 1 }, { name: 'none' }))
    expect(reply.code).toBe(404)
  })

  it('status owns the status, and nothing else', async () => {
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 9 },
      status: { observedGeneration: 7 },
    }
    const reply = await apply(`${deployments}/web/status`, config, { manager: 'st' })
    expect(read(reply)).toMatchObject({ spec: { replicas: 4 }, status: { observedGeneration: 7 } })
    expect(fieldsOf(read(reply), 'st')).toEqual({ 'f:status': { 'f:observedGeneration': {} } })
    expect(owners(read(reply))).toContain('st Apply apps/v1 status')
  })
})

describe('what an apply may ask', () => {
  it('that the object is the one it knows: uid and resourceVersion', async () => {
    const path = `${deployments}/known`
    const config = (metadata: object) => ({ ...web(1), metadata: { name: 'known', ...metadata } })
    expect((await apply(path, config({ uid: 'none' }))).code).toBe(409)
    expect((await apply(path, config({ resourceVersion: '1' }))).code).toBe(409)
    const { metadata } = read(await apply(path, config({})))
    expect((await apply(path, config({ uid: metadata.uid }))).code).toBe(200)
    expect((await apply(path, config({ uid: 'another' }))).code).toBe(409)
    expect((await apply(path, config({ resourceVersion: metadata.resourceVersion }))).code).toBe(200)
    expect((await apply(path, config({ resourceVersion: '1' }))).code).toBe(409)
  })

  it('how strict to be about fields that the kind does not have', async () => {
    const config = { ...web(1), metadata: { name: 'strict' }, spec: { ...web(1).spec, replicass: 2 } }
    const path = `${deployments}/strict`
    const refused = await apply(path, config, { query: '&fieldValidation=Strict' })
    expect(refused.code).toBe(400)
    expect(read(refused).message).toContain('unknown field "spec.replicass"')
    const warned = await apply(path, config, { query: '&fieldValidation=Warn' })
    expect(warned.headers.warning).toContain('unknown field \\"spec.replicass\\"')
    expect(read(warned).spec).not.toHaveProperty('replicass')
    const silent = await apply(path, config, { query: '&fieldValidation=Ignore' })
    expect(silent.headers.warning ?? '').not.toContain('replicass')
    const twice = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"strict"},"spec":{"replicas":1,"replicas":2}}`
    const reply = await call(api, `/apis/${path}?fieldManager=a&fieldValidation=Strict`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/apply-patch+yaml' },
      body: twice,
    })
    expect(reply.code).toBe(400)
  })

  it('what would come of it: a dry run stores nothing', async () => {
    const path = `${deployments}/dry`
    const config = { ...web(3), metadata: { name: 'dry' } }
    const tried = await apply(path, config, { query: '&dryRun=All' })
    expect([tried.code, read(tried).spec.replicas]).toEqual([201, 3])
    expect((await call(api, `/apis/${path}`)).code).toBe(404)
    await apply(path, config)
    const before = await get(path)
    const changed = await apply(
      path,
      { ...config, spec: { ...config.spec, replicas: 5 } },
      { query: '&dryRun=All' },
    )
    expect(read(changed).spec.replicas).toBe(5)
    const conflicts = await apply(
      path,
      { ...config, spec: { ...config.spec, replicas: 6 } },
      { manager: 'b', query: '&dryRun=All' },
    )
    expect(conflicts.code).toBe(409)
    expect(await get(path)).toEqual(before)
  })

  it('not without saying who asks', async () => {
    const reply = await call(api, `/apis/${deployments}/x`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/apply-patch+yaml' },
      body: JSON.stringify(web()),
    })
    expect(read(reply)).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(read(reply).message).toContain('fieldManager')
  })
})

it('create, delete, create leaves no trace', async () => {
  const path = `${deployments}/again`
  const config = { ...web(1), metadata: { name: 'again' } }
  const first = read(await apply(path, { ...config, metadata: { name: 'again', labels: { a: 'b' } } }))
  await apply(path, { ...config, spec: { ...config.spec, paused: true } }, { manager: 'b' })
  await call(api, `/apis/${path}`, { method: 'DELETE' })
  const second = read(await apply(path, config))
  const { uid, resourceVersion, creationTimestamp: _, managedFields, ...metadata } = second.metadata
  expect(uid).not.toBe(first.metadata.uid)
  expect(Number(resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion))
  expect(metadata).toEqual({ name: 'again', namespace: 'default', generation: 1 })
  expect(managedFields?.map(({ manager }) => manager)).toEqual(['a'])
  expect(second.spec).not.toHaveProperty('paused')
})

describe('what the server adds to a new object', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'own' },
    spec: {
      containers: [{ name: 'main', image: 'web:1' }],
      tolerations: [{ key: 'disk', operator: 'Exists', effect: 'NoSchedule' }],
    },
  }
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'own' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'web:1' }] } } },
  }
  const post = (path: string, body: object) =>
    call(api, `${path}?fieldManager=kubectl-client-side-apply`, { method: 'POST', body })
  const put = (path: string, body: object) => call(api, path, { method: 'PUT', body })

  it("is not its writer's", async () => {
    const created = (await post(`/api/v1/${ns}/pods`, pod)).json<Answer>()
    const fields = JSON.stringify(fieldsOf(created, 'kubectl-client-side-apply'))
    expect(created.spec).toMatchObject({ serviceAccountName: 'default', dnsPolicy: 'ClusterFirst' })
    expect(fields).toContain('f:dnsPolicy')
    expect(fields).not.toContain('f:serviceAccountName')
    const made = (await post(`/apis/batch/v1/${ns}/jobs`, job)).json<Answer>()
    expect(JSON.stringify(fieldsOf(made, 'kubectl-client-side-apply'))).not.toContain('f:selector')
  })

  it.each([
    [`/api/v1/${ns}/pods/own`, pod],
    [`/apis/batch/v1/${ns}/jobs/own`, job],
  ])('stays when kubectl takes %s over to server-side apply', async (path, manifest) => {
    // as client-go's csaupgrade: the entry of the old manager becomes one of `kubectl`, which then applies
    const stored = (await call(api, path)).json<Answer>()
    const managedFields = entries(stored).map(entry => ({ ...entry, manager: 'kubectl', operation: 'Apply' }))
    const upgraded = await call(api, `${path}?fieldManager=kubectl`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json-patch+json' },
      body: [{ op: 'replace', path: '/metadata/managedFields', value: managedFields }],
    })
    expect(upgraded.code).toBe(200)
    const applied = await call(api, `${path}?fieldManager=kubectl`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/apply-patch+yaml' },
      body: JSON.stringify(manifest),
    })
    expect([applied.code, applied.text]).toEqual([200, expect.anything()])
    expect(applied.json<Answer>().spec).toEqual(stored.spec)
  })

  it('is nobody’s when an update says null', async () => {
    const stored = (await call(api, `/api/v1/${ns}/pods/own`)).json<Answer>()
    const managedFields: unknown = null
    const updated = await put(`/api/v1/${ns}/pods/own`, {
      ...stored,
      metadata: { ...stored.metadata, managedFields },
    })
    expect([updated.code, updated.text]).toEqual([200, expect.anything()])
  })

  it('is added again when an update leaves it out', async () => {
    const stored = (await call(api, `/api/v1/${ns}/pods/own`)).json<Answer>()
    const updated = await put(`/api/v1/${ns}/pods/own`, {
      ...stored,
      spec: { ...stored.spec, tolerations: pod.spec.tolerations },
    })
    expect([updated.code, updated.json<Answer>().spec]).toEqual([200, stored.spec])
  })
})

describe('whoever moves on from `kubectl apply` to `kubectl apply --server-side`', () => {
  const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
  const maps = `/api/v1/${ns}/configmaps`
  const map = (name: string, data: object, annotations?: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(annotations ? { annotations } : {}) },
    data,
  })
  /** What `kubectl apply` without `--server-side` sends for something new. */
  const applyOnClient = (name: string, data: object, last = JSON.stringify(map(name, data))) =>
    call(api, `${maps}?fieldManager=kubectl-client-side-apply`, {
      method: 'POST',
      body: map(name, data, { [ANNOTATION]: last }),
    })
  const applyOnServer = async (name: string, data: object, manager = 'kubectl') =>
    call(api, `${maps}/${name}?fieldManager=${manager}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/apply-patch+yaml' },
      body: JSON.stringify(map(name, data)),
    })
  const stored = async (name: string) =>
    (await call(api, `${maps}/${name}`)).json<KubeObject & { data: Record<string, string> }>()

  it('meets no conflict with what it applied itself, and finds it again when it goes back', async () => {
    await applyOnClient('moved', { a: '1', b: '1' })
    const reply = await applyOnServer('moved', { a: '2', b: '1', c: '1' })
    expect(reply.code, reply.text).toBe(200)
    const { data, metadata } = await stored('moved')
    expect(data).toEqual({ a: '2', b: '1', c: '1' })
    expect(JSON.parse(metadata.annotations?.[ANNOTATION] ?? '')).toMatchObject(
      map('moved', { a: '2', b: '1', c: '1' }),
    )
  })

  it('may apply more than the annotation can hold', async () => {
    await applyOnClient('grown', { a: '1' })
    const reply = await applyOnServer('grown', { a: 'x'.repeat(300_000) })
    expect(reply.code, reply.text.slice(0, 500)).toBe(200)
    expect((await stored('grown')).metadata.annotations ?? {}).not.toHaveProperty([ANNOTATION])
  })

  it('meets the conflicts with what somebody else has changed since', async () => {
    await applyOnClient('changed', { a: '1', b: '1' })
    await call(api, `${maps}/changed?fieldManager=me`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: { data: { b: '5' } },
    })
    const reply = await applyOnServer('changed', { a: '2', b: '2' })
    expect(reply.code).toBe(409)
    expect(reply.json<Answer>().message).toMatch(
      /^Apply failed with 1 conflict: conflict with "me" .*: \.data\.b$/,
    )
  })

  it.each([
    ['under another name', 'me', undefined],
    ['from an annotation that cannot be read', 'kubectl', '{'],
    ['from one that is nested without end', 'kubectl', '{"data":'.repeat(20_000)],
    ['from one of another version', 'kubectl', '{"apiVersion":"v2","data":{"a":"1"}}'],
  ])('takes nothing over %s', async (what, manager, last) => {
    const name = what.replaceAll(' ', '-')
    await applyOnClient(name, { a: '1' }, last)
    expect((await applyOnServer(name, { a: '2' }, manager)).code).toBe(409)
  })
})

it('an amount that is written in another way is no change, and no conflict', async () => {
  const path = `apps/v1/${ns}/deployments/amounts`
  const config = (cpu: unknown) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'amounts' },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: {
        metadata: { labels: { app: 'a' } },
        spec: { containers: [{ name: 'c', image: 'web:1', resources: { limits: { cpu } } }] },
      },
    },
  })
  const first = read(await apply(path, config(1)))
  expect(first.spec).toMatchObject({
    template: { spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } },
  })
  const same = read(await apply(path, config('1000m')))
  expect(same.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
  const shared = await apply(path, config('1.0'), { manager: 'b' })
  expect(shared.code).toBe(200)
  expect(read(shared).metadata.generation).toBe(first.metadata.generation)
  expect((await apply(path, config(2), { manager: 'b' })).code).toBe(409)
})
