import type { ApiResource, GroupVersion } from './resources.ts'

/**
 * `apidiscovery.k8s.io` APIGroupDiscoveryList: everything below `/api` or `/apis` in one answer.
 * @param core the core group's list (`/api`) instead of all the others (`/apis`)
 * @param version `v2` or `v2beta1`: the same shape
 */
export function groupDiscoveryList(
  served: readonly GroupVersion[],
  { core, version }: { core: boolean; version: string },
): object {
  const names = [...new Set(served.map(({ group }) => group).filter(group => (group === '') === core))]
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: names.map(name => ({
      metadata: { name, creationTimestamp: null },
      versions: served.filter(({ group }) => group === name).map(versionDiscovery),
    })),
  }
}

function versionDiscovery({ group, version, resources }: GroupVersion) {
  const kindOf = (resource: ApiResource) => ({
    group: resource.group ?? group,
    version: resource.version ?? version,
    kind: resource.kind,
  })
  const main = resources.filter(({ name }) => !name.includes('/'))
  return {
    version,
    freshness: 'Current',
    resources: main.map(resource => ({
      resource: resource.name,
      responseKind: kindOf(resource),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName,
      verbs: resource.verbs,
      ...(resource.shortNames ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories ? { categories: resource.categories } : {}),
      subresources: resources
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map(below => ({
          subresource: below.name.slice(resource.name.length + 1),
          responseKind: kindOf(below),
          verbs: below.verbs,
        })),
    })),
  }
}
