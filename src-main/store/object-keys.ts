/**
 * Where an object lies in the KeyValueStore: `registry/<resource>/<namespace>/<name>`, and
 * `registry/<resource>//<name>` for what has no namespace. Other prefixes are the store's own bookkeeping.
 */
export const REGISTRY = 'registry/'

export interface ObjectKey {
  /** `pods`, `deployments.apps`, … */
  resource: string
  /** Empty for a cluster-scoped object. */
  namespace: string
  name: string
}

export function objectKey({ resource, namespace, name }: ObjectKey): string {
  return `${REGISTRY}${resource}/${namespace}/${name}`
}

/** @returns undefined for a key of the store's own */
export function parseObjectKey(key: string): ObjectKey | undefined {
  if (!key.startsWith(REGISTRY)) return undefined
  const [resource, namespace, ...name] = key.slice(REGISTRY.length).split('/')
  if (!resource || namespace === undefined || name.length === 0) return undefined
  return { resource, namespace, name: name.join('/') }
}
