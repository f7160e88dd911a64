import type { Kind, Subresource } from '../kinds/kind.ts'
import { METRICS_GROUP, METRICS_VERSION } from '../metrics/documents.ts'
import { reviews } from './reviews.ts'
import { byPriority } from './version-priority.ts'

/** `metav1.APIResource`. */
export interface ApiResource {
  name: string
  singularName: string
  namespaced: boolean
  kind: string
  verbs: string[]
  group?: string
  version?: string
  shortNames?: string[]
  categories?: string[]
}

/** What one group and version serves. */
export interface GroupVersion {
  group: string
  version: string
  resources: ApiResource[]
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** How a subresource is shown; one that is missing here is not served yet. */
const SUBRESOURCES: Partial<
  Record<Subresource, { verbs: string[]; kind?: string; group?: string; version?: string }>
> = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { verbs: ['get', 'patch', 'update'], kind: 'Scale', group: 'autoscaling', version: 'v1' },
  log: { verbs: ['get'] },
  exec: { verbs: ['create', 'get'], kind: 'PodExecOptions' },
  attach: { verbs: ['create', 'get'], kind: 'PodAttachOptions' },
  portforward: { verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
  proxy: { verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'ProxyOptions' },
  ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
  finalize: { verbs: ['update'] },
  binding: { verbs: ['create'], kind: 'Binding' },
  eviction: { verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' },
}

const METRICS: ApiResource[] = [
  { name: 'nodes', singularName: 'node', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
  { name: 'pods', singularName: 'pod', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
]

/**
 * Everything that is served, by group and version; the core group first, the other groups as the kinds are listed. The
 * versions of a group begin with the one to be preferred.
 */
export function groupVersions(kinds: readonly Kind[]): GroupVersion[] {
  const found = new Map<string, GroupVersion>()
  const add = (group: string, version: string, resources: ApiResource[]) => {
    const key = `${group}/${version}`
    const known = found.get(key) ?? { group, version, resources: [] }
    known.resources.push(...resources)
    found.set(key, known)
  }
  for (const kind of kinds) add(kind.group, kind.version, resourcesOf(kind))
  for (const { group, version, kind, plural, namespaced } of reviews) {
    add(group, version, [
      { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create'] },
    ])
  }
  add(METRICS_GROUP, METRICS_VERSION, METRICS)
  const places = new Map([['', -1]])
  for (const { group } of found.values()) if (!places.has(group)) places.set(group, places.size)
  const placeOf = ({ group }: GroupVersion) => places.get(group) ?? 0
  return [...found.values()].sort((a, b) => placeOf(a) - placeOf(b) || byPriority(a.version, b.version))
}

function resourcesOf(kind: Kind): ApiResource[] {
  const own: ApiResource = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.deletedOneByOne ? VERBS.filter(verb => verb !== 'deletecollection') : VERBS,
    ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories ? { categories: kind.categories } : {}),
  }
  const below = kind.subresources.flatMap(name => {
    const shape = SUBRESOURCES[name]
    return shape
      ? [
          {
            name: `${kind.plural}/${name}`,
            singularName: '',
            namespaced: kind.namespaced,
            kind: kind.kind,
            ...shape,
            ...(name === 'proxy' ? { kind: `${kind.kind}ProxyOptions` } : {}),
          },
        ]
      : []
  })
  return [own, ...below]
}
