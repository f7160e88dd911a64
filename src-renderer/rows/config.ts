import type { ConfigMap, Secret } from '../../src-main/api/types.ts'
import { age, text, type Action, type RowKind, type Status } from './row-kind.ts'

const actions = (): Action[] => [
  { id: 'edit', label: 'Edit YAML' },
  { id: 'delete', label: 'Delete…', danger: true },
]

const stored = (): Status => ({ state: 'ok', text: 'Stored' })

function keys(...maps: (Record<string, unknown> | null | undefined)[]): string[] {
  return maps.flatMap(map => Object.keys(map ?? {})).sort()
}

const columns = [
  { id: 'name', title: 'Name', width: 'minmax(150px, 1.6fr)' },
  { id: 'namespace', title: 'Namespace', width: 'minmax(90px, 1fr)' },
  { id: 'keys', title: 'Keys', width: 'minmax(160px, 3fr)' },
  { id: 'count', minor: true, title: 'Count', width: '64px', align: 'right' },
  { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
] as const

export const configMapRows: RowKind<ConfigMap> = {
  resource: 'configmaps',
  title: 'ConfigMaps',
  about: 'A ConfigMap holds settings that pods read as environment variables or files.',
  empty: 'No config maps. Apply a manifest with one, and pods can read their settings from it.',
  columns,
  status: stored,
  cells(map) {
    const names = keys(map.data, map.binaryData)
    return {
      name: text(map.metadata.name),
      namespace: text(map.metadata.namespace),
      keys: text(names.join(', '), { mono: true }),
      count: text(names.length),
      age: age(map.metadata.creationTimestamp),
    }
  },
  actions,
}

export const secretRows: RowKind<Secret> = {
  resource: 'secrets',
  title: 'Secrets',
  about:
    'A Secret holds passwords and keys. It is encrypted on disk and given only to the pods that name it.',
  empty: 'No secrets. Apply a manifest with one, and only the pods that name it are given it.',
  columns: [
    ...columns.slice(0, 2),
    { id: 'type', minor: true, title: 'Type', width: 'minmax(160px, 1.6fr)' },
    ...columns.slice(2),
  ],
  status: stored,
  cells(secret) {
    const names = keys(secret.data)
    return {
      name: text(secret.metadata.name),
      namespace: text(secret.metadata.namespace),
      type: text(secret.type ?? 'Opaque'),
      keys: text(names.join(', '), { mono: true }),
      count: text(names.length),
      age: age(secret.metadata.creationTimestamp),
    }
  },
  actions,
}
