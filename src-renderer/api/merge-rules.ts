/** How a list or object is merged; a list without a rule is replaced, an object without one is merged. */
export interface MergeRule {
  /** The key by which a list's items are told apart. */
  key?: string
  /** A list of plain values without duplicates. */
  set?: boolean
  /** Fields that the manifest does not name go: of a union only one member may be set. */
  retainKeys?: boolean
  fields?: Record<string, MergeRule>
  /** The rule of each item of a list. */
  items?: MergeRule
}

export function listMerge<T>(
  rule: MergeRule,
  how: { byKey: (key: string) => T; set: () => T; atomic: () => T },
): T {
  if (rule.key) return how.byKey(rule.key)
  return rule.set ? how.set() : how.atomic()
}

const container: MergeRule = {
  fields: {
    ports: { key: 'containerPort' },
    env: { key: 'name' },
    volumeMounts: { key: 'mountPath' },
    volumeDevices: { key: 'devicePath' },
  },
}

const podSpec: MergeRule = {
  fields: {
    containers: { key: 'name', items: container },
    initContainers: { key: 'name', items: container },
    ephemeralContainers: { key: 'name', items: container },
    volumes: { key: 'name', items: { retainKeys: true } },
    imagePullSecrets: { key: 'name' },
    hostAliases: { key: 'ip' },
    schedulingGates: { key: 'name' },
    topologySpreadConstraints: { key: 'topologyKey' },
    resourceClaims: { key: 'name', items: { retainKeys: true } },
  },
}

const metadata: MergeRule = { fields: { ownerReferences: { key: 'uid' }, finalizers: { set: true } } }

const template: MergeRule = { fields: { metadata, spec: podSpec } }

const SPECS: Record<string, MergeRule> = {
  Pod: podSpec,
  Deployment: { fields: { template, strategy: { retainKeys: true } } },
  ReplicaSet: { fields: { template } },
  StatefulSet: { fields: { template } },
  DaemonSet: { fields: { template } },
  Job: { fields: { template } },
  CronJob: { fields: { jobTemplate: { fields: { metadata, spec: { fields: { template } } } } } },
  Service: { fields: { ports: { key: 'port' } } },
}

/**
 * The merge rules of a kind. Kinds outside Kubernetes' own groups have none: their lists are replaced, as kubectl does.
 * Source: the `patchMergeKey` and `patchStrategy` tags of k8s.io/api.
 */
export function mergeRules(apiVersion: string, kind: string): MergeRule {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  const own = group === '' || !group.includes('.') || group.endsWith('.k8s.io')
  if (!own) return {}
  const spec = SPECS[kind]
  const fields: Record<string, MergeRule> = { metadata, ...(spec && { spec }) }
  if (kind === 'ServiceAccount') fields['secrets'] = { key: 'name' }
  return { fields }
}
