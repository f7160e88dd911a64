import type { Dispose } from '../../lib/disposer.ts'
import type { Client } from '../client.ts'
import { CustomResourceDefinitionKind } from '../kinds/custom-resource-definition.ts'
import type { KindSet } from '../kinds/kind-set.ts'
import type { Kind } from '../kinds/kind.ts'
import type { CustomResourceDefinition } from '../types.ts'
import { customKinds } from './custom-kind.ts'

type Names = CustomResourceDefinition['spec']['names']

/** Serves the kinds of every definition whose names are free, and follows its changes, from the moment they are stored. */
export function followDefinitions({ client, kinds }: { client: Client; kinds: KindSet }): Dispose {
  let made = new Map<string, readonly Kind[]>()
  const refresh = () => {
    const definitions = client.list(CustomResourceDefinitionKind)
    const conflicts = nameConflicts(definitions, kinds.own)
    // A kind that did not change stays the same object: what was learned about it stays too
    const next = new Map<string, readonly Kind[]>()
    for (const definition of definitions) {
      if (conflicts.has(definition.metadata.name)) continue
      const key = `${definition.metadata.uid} ${definition.metadata.generation}`
      next.set(key, made.get(key) ?? customKinds(definition))
    }
    made = next
    kinds.setCustom([...next.values()].flat())
  }
  refresh()
  return client.watch(CustomResourceDefinitionKind, refresh)
}

/**
 * The definitions whose names are taken within their group, each with a sentence for it. Who was there first keeps
 * them. Source: apiextensions-apiserver pkg/controller/status/naming_controller.go.
 */
export function nameConflicts(
  definitions: readonly CustomResourceDefinition[],
  own: readonly Kind[],
): Map<string, string> {
  const taken = new Map<string, Set<string>>()
  const namesIn = (group: string) => {
    let names = taken.get(group)
    if (!names) taken.set(group, (names = new Set()))
    return names
  }
  for (const { group, plural, singular, kind, shortNames = [] } of own) {
    for (const name of [plural, singular, ...shortNames]) namesIn(group).add(resource(name))
    for (const name of [kind, `${kind}List`]) namesIn(group).add(name)
  }
  const conflicts = new Map<string, string>()
  for (const { metadata, spec } of [...definitions].sort(byAge)) {
    const names = namesIn(spec.group)
    const wanted = wantedNames(spec.names)
    const clash = wanted.find(({ key }) => names.has(key))
    if (clash) conflicts.set(metadata.name, `${JSON.stringify(clash.name)} is already in use`)
    else for (const { key } of wanted) names.add(key)
  }
  return conflicts
}

/** Resources and kinds are different names even when they are written alike. */
const resource = (name: string) => `resource ${name}`

function wantedNames({ plural, singular, kind, listKind, shortNames = [] }: Names) {
  const resources = [...new Set([plural, singular ?? '', ...shortNames])].filter(Boolean)
  const kinds = [kind, listKind ?? `${kind}List`]
  return [
    ...resources.map(name => ({ name, key: resource(name) })),
    ...kinds.map(name => ({ name, key: name })),
  ]
}

function byAge(a: CustomResourceDefinition, b: CustomResourceDefinition): number {
  const rank = (definition: CustomResourceDefinition) => (isEstablished(definition) ? 0 : 1)
  const time = ({ metadata }: CustomResourceDefinition) => Date.parse(metadata.creationTimestamp)
  return rank(a) - rank(b) || time(a) - time(b) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
}
