import type { Kind } from '../kinds/kind.ts'

/** A path under `/api/v1` or `/apis/GROUP/VERSION`, in its parts. */
export interface ResourceTarget {
  kind: Kind
  namespace: string | undefined
  /** Empty: the collection. */
  name: string
  subresource: string
}

/**
 * Finds what a path addresses: `/api/v1/namespaces/shop/pods/web-1/log`, `/apis/apps/v1/deployments`, …
 * @returns undefined when no such resource is served
 */
export function resourceTarget(path: readonly string[], kinds: readonly Kind[]): ResourceTarget | undefined {
  const core = path[0] === 'api'
  if (!core && path[0] !== 'apis') return undefined
  const group = core ? '' : (path[1] ?? '')
  const version = path[core ? 1 : 2]
  const rest = path.slice(core ? 2 : 3)
  const find = (plural: string | undefined) =>
    kinds.find(kind => kind.plural === plural && kind.group === group && kind.version === version)

  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 ? find(rest[2]) : undefined
  if (inNamespace?.namespaced) return target(inNamespace, rest.slice(3), rest[1])
  const kind = find(rest[0])
  if (!kind) return undefined
  // All namespaces at once: only as a collection.
  if (kind.namespaced && rest.length > 1) return undefined
  return target(kind, rest.slice(1), undefined)
}

function target(
  kind: Kind,
  rest: readonly string[],
  namespace: string | undefined,
): ResourceTarget | undefined {
  const [name = '', subresource = '', ...more] = rest
  // behind a proxy the rest of the path is another's
  return more.length > 0 && subresource !== 'proxy' ? undefined : { kind, namespace, name, subresource }
}
