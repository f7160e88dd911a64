import { expect, test } from 'vitest'
import { allManifests, check, type Manifest } from './check.ts'

/** The first realistic manifest of a kind and name, with one field set; `undefined` removes it. */
function planted(kind: string, name: string, path: string, value: unknown): Manifest {
  const found = allManifests().find(({ object }) => object.kind === kind && object.metadata.name === name)
  if (!found) throw new Error(`no manifest of a ${kind} ${name}`)
  const object = structuredClone(found.object)
  const steps = path.split(/[.[\]]+/).filter(Boolean)
  const last = steps.pop() ?? ''
  let place = object as unknown as Record<string, unknown>
  for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>
  if (value === undefined) delete place[last]
  else place[last] = value
  return object
}

test.each<[kind: string, name: string, path: string, value: unknown, message: string, field?: string]>([
  [
    'StatefulSet',
    'shop-redis-replicas',
    'spec.replicas',
    -1,
    'Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'DaemonSet',
    'node-exporter',
    'spec.updateStrategy.rollingUpdate.maxUnavailable',
    0,
    'Required value: cannot be 0 when maxSurge is 0',
  ],
  [
    'Job',
    'pi',
    'spec.template.spec.restartPolicy',
    'Always',
    'Required value: valid values: "OnFailure", "Never"',
  ],
  ['Job', 'shards', 'spec.completions', undefined, 'Required value: when completion mode is Indexed'],
  [
    'CronJob',
    'backup',
    'spec.schedule',
    '61 * * * *',
    'Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ],
  [
    'CronJob',
    'backup',
    'spec.schedule',
    '* * *',
    'Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
  ],
  [
    'CronJob',
    'backup',
    'spec.timeZone',
    'Mars/Base',
    'Invalid value: "Mars/Base": unknown time zone Mars/Base',
  ],
  [
    'HorizontalPodAutoscaler',
    'web',
    'spec.maxReplicas',
    1,
    'Invalid value: 1: must be greater than or equal to `minReplicas`',
  ],
  [
    'HorizontalPodAutoscaler',
    'web',
    'spec.metrics[0].resource',
    undefined,
    'Required value: must populate information for the given metric source',
  ],
  [
    'Ingress',
    'wordpress',
    'spec.rules[0].http.paths[0].path',
    'x',
    'Invalid value: "x": must be an absolute path',
  ],
  [
    'Ingress',
    'wordpress',
    'spec.rules[0].host',
    '1.2.3.4',
    'Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ],
  [
    'NetworkPolicy',
    'db',
    'spec.egress[0].ports[0].endPort',
    1,
    'Invalid value: 1: must be greater than or equal to `port`',
  ],
  [
    'PodDisruptionBudget',
    'zk',
    'spec.maxUnavailable',
    '200%',
    'Invalid value: "200%": must not be greater than 100%',
  ],
  [
    'PersistentVolumeClaim',
    'wordpress',
    'spec.accessModes',
    [],
    'Required value: at least 1 access mode is required',
  ],
  [
    'PersistentVolumeClaim',
    'wordpress',
    'spec.resources.requests.storage',
    '0',
    'Invalid value: "0": must be greater than zero',
    'spec.resources[storage]',
  ],
  [
    'PersistentVolume',
    'nfs-share',
    'spec.nfs',
    undefined,
    'Required value: must specify a volume type',
    'spec',
  ],
  ['StorageClass', 'gp3', 'provisioner', undefined, 'Required value'],
  [
    'Endpoints',
    'external-db',
    'subsets[0].addresses[0].ip',
    '127.0.0.1',
    'Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    'EndpointSlice',
    'external-db-1',
    'endpoints[0].addresses',
    ['::1'],
    'Invalid value: "::1": must be a valid IPv4 address',
    'endpoints[0].addresses[0]',
  ],
  [
    'LimitRange',
    'limits',
    'spec.limits[0].min.cpu',
    '2',
    'Invalid value: "2": min value 2 is greater than max value 1',
    'spec.limits[0].min[cpu]',
  ],
  [
    'LimitRange',
    'limits',
    'spec.limits[0].type',
    'Node',
    'Invalid value: "Node": must be a standard limit type or fully qualified',
  ],
  [
    'ResourceQuota',
    'compute',
    'spec.hard.servers',
    1,
    'Invalid value: "servers": must be a standard resource for quota',
    'spec.hard[servers]',
  ],
  [
    'ResourceQuota',
    'compute',
    'spec.hard.pods',
    '1500m',
    'Invalid value: "1500m": must be an integer',
    'spec.hard[pods]',
  ],
  [
    'ResourceQuota',
    'compute',
    'spec.hard.configmaps',
    '3',
    'Invalid value: ["NotTerminating","NotBestEffort"]: unsupported scope applied to resource',
    'spec.scopes',
  ],
  [
    'ResourceQuota',
    'compute',
    'spec.scopeSelector',
    { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] },
    "Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    'spec.scopeSelector.matchExpressions[0].values',
  ],
  [
    'ResourceQuota',
    'compute',
    'spec.scopeSelector',
    { matchExpressions: [{ scopeName: 'Terminating', operator: 'Exists', values: ['a'] }] },
    "Invalid value: [\"a\"]: must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
    'spec.scopeSelector.matchExpressions[0].values',
  ],
  [
    'VolumeAttributesClass',
    'silver',
    'parameters',
    {},
    'Required value: must contain at least one key/value pair',
  ],
  [
    'CSIStorageCapacity',
    'fast-rack-1',
    'capacity',
    '-1',
    'Invalid value: "-1": must be greater than or equal to 0',
  ],
  ['RuntimeClass', 'sandboxed', 'handler', undefined, 'Required value'],
  ['RoleBinding', 'read-pods', 'subjects[1].namespace', undefined, 'Required value'],
  ['Role', 'pod-reader', 'rules[0].verbs', [], 'Required value: verbs must contain at least one value'],
  [
    'PriorityClass',
    'high-priority',
    'value',
    2_000_000_000,
    'Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    'Lease',
    'cert-manager-controller',
    'spec.leaseDurationSeconds',
    0,
    'Invalid value: 0: must be greater than 0',
  ],
  [
    'CustomResourceDefinition',
    'crontabs.stable.example.com',
    'spec.group',
    'other.example.com',
    'Invalid value: "crontabs.stable.example.com": must be spec.names.plural+"."+spec.group',
    'metadata.name',
  ],
  [
    'CustomResourceDefinition',
    'crontabs.stable.example.com',
    'spec.conversion',
    { strategy: 'Webhook' },
    'Forbidden: Coxswain calls no conversion webhooks: use the strategy None, which keeps objects as they are in every version',
    'spec.conversion.strategy',
  ],
  [
    'CustomResourceDefinition',
    'gateways.networking.example.net',
    'spec.versions[1].storage',
    true,
    'Invalid value: ["v1","v1beta1"]: must have exactly one version marked as storage version',
    'spec.versions',
  ],
])('%s %s with %s = %j', (kind, name, path, value, message, field = path) => {
  const { causes } = check(planted(kind, name, path, value))
  expect(causes).toContainEqual(expect.objectContaining({ field, message }))
})
