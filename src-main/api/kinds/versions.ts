import type { KubeObject } from '../types.ts'
import { apiVersionOf, type Kind } from './kind.ts'

/** The other versions of a stored kind. */
const others = new WeakMap<object, Kind[]>()

/** Every version of a kind, the stored one first. */
export function versionsOf(kind: Kind): readonly Kind[] {
  const stored = kind.storedAs?.kind ?? kind
  return [stored, ...(others.get(stored) ?? [])]
}

interface VersionOptions<T extends KubeObject, S extends KubeObject> {
  group?: string
  version: string
  /** As in `Kind`. */
  schema: string | object
  /** The stored form of an object of this version. Gets a copy of its own, and may change it. */
  toStored(object: T): S
  /** An object as this version shows it. Must not change the stored one. */
  fromStored(object: S): T
  defaults?(draft: T): void
  shortNames?: string[]
  /** What a field selector of the stored kind is called here; without it, the same. */
  fieldLabel?(label: string): string
}

/**
 * Another version of a kind: one storage, two forms. Everything that looks at objects (columns, field selectors,
 * scale) looks at the stored form, so that it is written once.
 */
export function versionOf<T extends KubeObject, S extends KubeObject>(
  kind: Kind<S>,
  options: VersionOptions<T, S>,
): Kind<T> {
  const { group = kind.group, version, schema, defaults, shortNames = [], fieldLabel = same } = options
  const stored = (object: T) => options.toStored(structuredClone(object))
  const { group: _, version: __, schema: ___, defaults: ____, notHonoured, ...shared } = kind
  const another: Kind<T> = {
    ...(shared as unknown as Omit<Kind<T>, 'group' | 'version' | 'schema'>),
    group,
    version,
    schema,
    ...(defaults ? { defaults } : {}),
    ...(notHonoured ? { notHonoured: object => notHonoured(stored(object)) } : {}),
    prepareForCreate: undefined,
    prepareForUpdate: undefined,
    validate: undefined,
    rules: undefined,
    shortNames,
    columns: kind.columns.map(column => ({
      ...column,
      cell: (object, now) => column.cell(stored(object), now),
    })),
    fieldSelectors: Object.fromEntries(
      Object.entries(kind.fieldSelectors ?? {}).map(([label, read]) => [
        fieldLabel(label),
        object => read(stored(object)),
      ]),
    ),
    storedAs: {
      kind: kind as unknown as Kind,
      toStored: object => options.toStored(object as T),
      fromStored: object => options.fromStored(object as S),
    },
  }
  others.set(kind, [...(others.get(kind) ?? []), another as unknown as Kind])
  return another
}

const same = (label: string) => label

/** The same kind under another group or version, without any difference in form. */
export function aliasOf<T extends KubeObject>(
  kind: Kind<T>,
  options: { group?: string; version: string; schema: string | object },
): Kind<T> {
  const own = apiVersionOf({ group: options.group ?? kind.group, version: options.version })
  return versionOf<T, T>(kind, {
    ...options,
    defaults: kind.defaults,
    toStored: object => ({ ...object, apiVersion: apiVersionOf(kind) }),
    fromStored: object => ({ ...object, apiVersion: own }),
  })
}
