import {
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  Metrics,
  PatchStrategy,
  setHeaderOptions,
  topPods,
  type V1ConfigMap,
  type V1Deployment,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../lab.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { waitForReadyNodes } from '../support/cluster.ts'

const namespace = 'default'
let cox: Cox
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  cox = await createCox(['--playground', '1'])
  config = new KubeConfig()
  config.loadFromFile(cox.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
  await waitForReadyNodes(cox, 1)
})
afterAll(() => cox?.dispose())

const labels = { app: 'web' }
const deployment = (replicas: number): V1Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
  },
})

it('applies on the server: created, unchanged, conflict, forced', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const apply = (replicas: number, fieldManager: string, force?: boolean) =>
    apps.patchNamespacedDeployment(
      { name: 'web', namespace, body: deployment(replicas), fieldManager, force },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    )
  const created = await apply(1, 'one')
  expect(created.metadata?.managedFields).toMatchObject([{ manager: 'one', operation: 'Apply' }])
  await expect(apply(2, 'two')).rejects.toMatchObject({
    code: 409,
    body: expect.stringContaining('conflict with \\"one\\": .spec.replicas') as string,
  })
  expect((await apply(2, 'two', true)).spec?.replicas).toBe(2)
})

it('applies objects of any kind', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const map: V1ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'any', namespace },
    data: { a: '1' },
  }
  const apply = (data: Record<string, string>, dryRun?: string) =>
    objects.patch({ ...map, data }, undefined, dryRun, 'me', true, PatchStrategy.ServerSideApply)
  await apply({ a: '1', b: '2' })
  await apply({ a: '3' }, 'All')
  await apply({ a: '1' })
  const { data, metadata } = await objects.read<V1ConfigMap>({ ...map, metadata: { name: 'any', namespace } })
  expect([data, metadata?.managedFields?.[0]?.manager]).toEqual([{ a: '1' }, 'me'])
  await objects.delete(map)
  await expect(core.readNamespacedConfigMap({ name: 'any', namespace })).rejects.toMatchObject({ code: 404 })
})

it('tells what pods and nodes use', async () => {
  const pod = 'app=web'
  await waitFor('two pods', async () => {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: pod })
    return items.filter(({ status }) => status?.phase === 'Running').length === 2
  })
  const metrics = new Metrics(config)
  await waitFor('metrics', async () => (await metrics.getPodMetrics(namespace)).items.length >= 2)
  const { items } = await metrics.getNodeMetrics()
  expect(items[0]).toMatchObject({
    metadata: { name: 'sim-1' },
    usage: { cpu: expect.any(String) as string },
  })
  const rows = await topPods(core, metrics, namespace)
  expect(rows.map(({ Pod }) => Pod.metadata?.labels?.app)).toEqual(['web', 'web'])
})

it('watches with bookmarks, and goes on where it was', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace })
  const watch = (resourceVersion: string | undefined, timeoutSeconds: number) =>
    new Promise<string[]>((resolve, reject) => {
      const seen: string[] = []
      new Watch(config)
        .watch(
          `/api/v1/namespaces/${namespace}/configmaps`,
          { allowWatchBookmarks: true, timeoutSeconds, resourceVersion },
          (type: string, object: V1ConfigMap) => {
            const { name, resourceVersion: at } = object.metadata ?? {}
            seen.push(type === 'BOOKMARK' ? `BOOKMARK ${at}` : `${type} ${name}`)
          },
          (error: unknown) => (error ? reject(error as Error) : resolve(seen)),
        )
        .catch(reject)
    })
  const first = watch(metadata?.resourceVersion, 2)
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'first' } } })
  const seen = await first
  expect(seen[0]).toBe('ADDED first')
  expect(seen.at(-1)).toMatch(/^BOOKMARK \d+$/)
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'second' } } })
  const again = await watch(seen.at(-1)?.split(' ')[1], 1)
  expect(again[0]).toBe('ADDED second')
})

it('informs, also after the server was away', async () => {
  const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'seen=yes' })
  const informer = makeInformer<V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    list,
    'seen=yes',
  )
  const seen: string[] = []
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata }) => void seen.push(`${verb} ${metadata?.name}`))
  }
  informer.on('error', () => setTimeout(() => void informer.start().catch(() => undefined), 200))
  const create = (name: string) =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { seen: 'yes' } } } })
  await create('before')
  await informer.start()
  await waitFor('the first', async () => seen.includes('add before'))
  await cox.stop()
  await cox.start() // on the port that it had
  await waitFor('the API', () => create('after'))
  await waitFor('the second', async () => seen.includes('add after'))
  await core.deleteNamespacedConfigMap({ name: 'before', namespace })
  await waitFor('its end', async () => seen.includes('delete before'))
  expect(informer.list().map(({ metadata }) => metadata?.name)).toEqual(['after'])
  await informer.stop()
})

it('knows versions, custom resources and autoscalers', async () => {
  const { minor } = await config.makeApiClient(VersionApi).getCode()
  expect(Number(minor)).toBeGreaterThanOrEqual(33)
  const custom = config.makeApiClient(CustomObjectsApi)
  const servers = (await custom.listClusterCustomObject({
    group: 'coxswain.io',
    version: 'v1alpha1',
    plural: 'servers',
  })) as { items: { metadata: { name: string } }[] }
  expect(servers.items.map(({ metadata }) => metadata.name)).toEqual(['sim-1'])
  const autoscaling = config.makeApiClient(AutoscalingV2Api)
  const { spec } = await autoscaling.createNamespacedHorizontalPodAutoscaler({
    namespace,
    body: {
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
    },
  })
  expect(spec?.minReplicas).toBe(1)
  const scale = await config
    .makeApiClient(AppsV1Api)
    .readNamespacedDeploymentScale({ name: 'web', namespace })
  expect(scale.status?.selector).toBe('app=web')
})
