import type { GroupVersion } from './resources.ts'

/** `GET /api`. `address` is the host and port that the client used. */
export function apiVersions(address: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

/** `GET /apis`. */
export function apiGroupList(served: readonly GroupVersion[]): object {
  const names = [...new Set(served.map(({ group }) => group).filter(Boolean))]
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: names.map(name => groupOf(served, name)),
  }
}

/** `GET /apis/GROUP`; undefined when there is no such group. */
export function apiGroup(served: readonly GroupVersion[], name: string): object | undefined {
  if (!name || !served.some(({ group }) => group === name)) return undefined
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(served, name) }
}

function groupOf(served: readonly GroupVersion[], name: string) {
  const versions = served
    .filter(({ group }) => group === name)
    .map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

/** `GET /api/v1` and `GET /apis/GROUP/VERSION`. */
export function apiResourceList({ group, version, resources }: GroupVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources,
  }
}
