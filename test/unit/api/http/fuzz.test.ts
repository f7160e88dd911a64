import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiVersionOf, type Kind } from '../../../../src-main/api/kinds/kind.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { copyJson, isJsonObject } from '../../../../src-main/lib/json.ts'
import { allManifests, kindOf, type Manifest } from '../kinds/check.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
})
afterAll(() => api.stop())

const podSpec = {
  containers: [
    {
      name: 'main',
      image: 'web:1',
      command: ['sh'],
      args: ['-c', 'true'],
      ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
      env: [
        { name: 'A', value: '1' },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
      ],
      envFrom: [{ secretRef: { name: 's' } }],
      resources: { requests: { cpu: '100m' }, limits: { memory: '1Gi' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      livenessProbe: { httpGet: { port: 80, path: '/' } },
      readinessProbe: { exec: { command: ['true'] } },
      lifecycle: { preStop: { exec: { command: ['true'] } } },
      securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
    },
  ],
  initContainers: [{ name: 'init', image: 'init:1' }],
  volumes: [
    { name: 'v', emptyDir: {} },
    { name: 'c', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
    { name: 'p', projected: { sources: [{ secret: { name: 's' } }] } },
  ],
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
    },
  },
  securityContext: { runAsUser: 1, fsGroup: 2 },
  nodeSelector: { a: 'b' },
  imagePullSecrets: [{ name: 's' }],
  terminationGracePeriodSeconds: 5,
}
const template = { metadata: { labels: { app: 'x' }, annotations: { a: 'b' } }, spec: podSpec }
const selector = { matchLabels: { app: 'x' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] }

const specs: Record<string, object> = {
  Namespace: { spec: { finalizers: ['kubernetes'] } },
  Node: {
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], unschedulable: true, podCIDRs: ['10.0.0.0/24'] },
    status: { capacity: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] },
  },
  Pod: { spec: podSpec },
  ConfigMap: { data: { a: 'b' }, binaryData: { c: 'AAAA' }, immutable: false },
  Secret: { type: 'Opaque', data: { a: 'AAAA' }, stringData: { b: 'c' } },
  Service: {
    spec: { type: 'NodePort', selector: { a: 'b' }, ports: [{ name: 'a', port: 80, targetPort: 'http', nodePort: 30080 }] },
  },
  Event: { involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' }, reason: 'R', type: 'Normal', count: 1 },
  ReplicaSet: { spec: { replicas: 1, selector, template } },
  Deployment: {
    spec: { replicas: 1, selector, template, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } },
  },
  Server: { spec: { ssh: { host: 'a', user: 'b', port: 22, privateKeySecretRef: { name: 'a', key: 'b' } }, docker: {} } },
} // prettier-ignore

/** Every place in an object, as the keys that lead to it. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const children = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : []
  return [path, ...children.flatMap(([key, child]) => places(child, [...path, key]))]
}

function replaced(object: object, path: readonly (string | number)[], value: unknown): unknown {
  const [last] = path.slice(-1)
  if (last === undefined) return value
  const copy = copyJson(object) as Record<string | number, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  at[last] = value
  return copy
}

const rubbish = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    1.5,
    1e308,
    true,
    [],
    {},
    [null],
    [[]],
    [{}],
    { a: null },
    'x'.repeat(300),
  ),
  fc.string({ unit: 'grapheme' }),
  fc.jsonValue({ maxDepth: 3 }),
)
const address = (kind: Kind) => {
  const root = kind.group ? `/apis/${apiVersionOf(kind)}` : '/api/v1'
  return `${root}${kind.namespaced ? '/namespaces/default' : ''}/${kind.plural}`
}

/** What is in the object: from the table above, or from the first realistic manifest. */
function contentOf(kind: Kind): object {
  const found = allManifests().find(({ object }) => kindOf(object) === kind)?.object
  const { apiVersion: _, kind: __, metadata: ___, ...content } = found ?? ({} as Manifest)
  return (kind.storedAs ? undefined : specs[kind.kind]) ?? content
}

/** The name of a definition says what it defines; others are as good as any. */
function namesOf(kind: Kind): { name: string; storedName: string } {
  if (kind.kind !== 'CustomResourceDefinition') return { name: 'a', storedName: 'stored' }
  const { spec } = contentOf(kind) as { spec: { group: string; names: { plural: string } } }
  const name = `${spec.names.plural}.${spec.group}`
  return { name, storedName: name }
}

const accepting = kinds.filter(kind => !kind.refused)

it.each(accepting.map(kind => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))(
  'no rubbish anywhere in a %s is the fault of the server',
  async (_, kind) => {
    const { name, storedName } = namesOf(kind)
    const sample = {
      metadata: {
        name,
        labels: { l: 'v' },
        annotations: { a: 'v' },
        finalizers: ['a/b'],
        ownerReferences: [],
      },
      ...contentOf(kind),
    }
    const paths = places(sample)
    const valid = await call(api, `${address(kind)}?dryRun=All&fieldValidation=Strict`, {
      method: 'POST',
      body: sample,
    })
    expect(valid.code, valid.text).toBe(201)
    const stored = { ...sample, metadata: { ...sample.metadata, name: storedName, finalizers: [] } }
    await call(api, address(kind), { method: 'POST', body: stored })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), rubbish, fc.boolean(), async (path, value, patch) => {
        const body = JSON.stringify(replaced(sample, path, value)) ?? 'null'
        const reply = patch
          ? await call(api, `${address(kind)}/${storedName}?dryRun=All`, {
              method: 'PATCH',
              headers: { 'Content-Type': 'application/merge-patch+json' },
              body: body.replace(`"name":"${name}"`, `"name":"${storedName}"`),
            })
          : await call(api, `${address(kind)}?dryRun=All`, { method: 'POST', body })
        expect(reply.code, `${path.join('.')} = ${JSON.stringify(value)}: ${reply.text}`).toBeLessThan(500)
      }),
      { numRuns: 100 },
    )
  },
  60_000,
)
