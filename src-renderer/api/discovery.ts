import { ApiError } from './api-error.ts'
import type { ApiClient } from './client.ts'
import { findResource, groupPath, type Resource } from './resources.ts'

interface ApiResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[]
}

/**
 * Finds how any kind is addressed, also those that the window has no page for; asks the API once a group version, and
 * again for a kind that it did not have then.
 */
export function createDiscovery(client: ApiClient): (apiVersion: string, kind: string) => Promise<Resource> {
  const lists = new Map<string, Promise<ApiResourceList>>()

  function listOf(apiVersion: string): Promise<ApiResourceList> {
    const known = lists.get(apiVersion)
    if (known) return known
    const asked = client.get<ApiResourceList>(groupPath(apiVersion))
    lists.set(apiVersion, asked)
    // an answer that failed is asked for again
    asked.catch(() => lists.delete(apiVersion))
    return asked
  }

  async function entryOf(apiVersion: string, kind: string) {
    const list = await listOf(apiVersion).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return { resources: [] }
      throw error
    })
    return list.resources.find(resource => resource.kind === kind && !resource.name.includes('/'))
  }

  return async (apiVersion, kind) => {
    const known = findResource(apiVersion, kind)
    if (known) return known
    for (let mayBeOld = lists.has(apiVersion); ; mayBeOld = false) {
      const entry = await entryOf(apiVersion, kind)
      if (entry) return { apiVersion, kind, plural: entry.name, namespaced: entry.namespaced }
      // its definition may have come since the list was read, or may come yet
      lists.delete(apiVersion)
      if (!mayBeOld) throw noKind(apiVersion, kind)
    }
  }
}

function noKind(apiVersion: string, kind: string): ApiError {
  return new ApiError({
    code: 404,
    reason: 'Invalid',
    message: `Coxswain serves no kind ${kind} in ${apiVersion}.`,
    details: { causes: [{ field: 'kind', message: `no kind ${kind} in ${apiVersion}` }] },
  })
}
