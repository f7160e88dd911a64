import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serveApi, type ServedApi } from '../../unit/api/http/served-api.ts'

const namespace = 'default'
let api: ServedApi
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  api = await serveApi()
  config = new KubeConfig()
  config.loadFromFile(api.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
})
afterAll(() => api.stop())

it('creates without apiVersion and kind, lists, replaces and deletes', async () => {
  const created = await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'a' }, data: { k: '1' } },
  })
  expect(created).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace } })
  const list = await core.listNamespacedConfigMap({ namespace, limit: 500 })
  expect(list.items.map(item => item.metadata?.name)).toEqual(['a'])
  await core.replaceNamespacedConfigMap({ name: 'a', namespace, body: { ...created, data: { k: '2' } } })
  const stale = core.replaceNamespacedConfigMap({
    name: 'a',
    namespace,
    body: { ...created, data: { k: '3' } },
  })
  await expect(stale).rejects.toMatchObject({ code: 409 })
  await core.deleteNamespacedConfigMap({ name: 'a', namespace })
  await expect(core.readNamespacedConfigMap({ name: 'a', namespace })).rejects.toMatchObject({ code: 404 })
})

it('patches and scales', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'web:1' }] } }
  const body = { metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template } }
  await apps.createNamespacedDeployment({ namespace, body })
  const json = [{ op: 'replace', path: '/spec/replicas', value: 3 }]
  const patched = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: json })
  expect(patched.spec?.replicas).toBe(3)
  const options = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)
  const containers = { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } } }
  const merged = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: containers }, options)
  expect(merged.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(['side', 'main'])
  const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace })
  await apps.replaceNamespacedDeploymentScale({
    name: 'web',
    namespace,
    body: { ...scale, spec: { replicas: 5 } },
  })
  expect((await apps.readNamespacedDeployment({ name: 'web', namespace })).spec?.replicas).toBe(5)
})

it('informs of each change', async () => {
  const list = () => core.listNamespacedConfigMap({ namespace })
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, list)
  const seen: string[] = []
  let next = () => {}
  const until = (length: number) =>
    new Promise<void>(resolve => {
      next = () => {
        if (seen.length >= length) resolve()
      }
      next()
    })
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, object => {
      seen.push(`${verb} ${object.metadata?.name} ${object.data?.k}`)
      next()
    })
  }
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'x' }, data: { k: '1' } } })
  await informer.start()
  await until(1)
  await core.patchNamespacedConfigMap({
    name: 'x',
    namespace,
    body: [{ op: 'replace', path: '/data/k', value: '2' }],
  })
  await until(2)
  await core.deleteNamespacedConfigMap({ name: 'x', namespace })
  await until(3)
  await informer.stop()
  expect(seen).toEqual(['add x 1', 'update x 2', 'delete x 2'])
})
