import type { ConfigMap, Pod, PodSpec, Secret } from '../api/types.ts'
import { ConfigError } from './config-error.ts'
import { configMapNamed, containerNamed, secretNamed, type Lookup } from './environment.ts'
import { fieldValue, resourceValue, type PodFacts } from './field-ref.ts'

export type Volume = NonNullable<PodSpec['volumes']>[number]
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number]
type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number]

/** A file of a ConfigMap, Secret, downward API or projected volume. */
export interface VolumeFile {
  /** Relative, such as `conf.d/web.conf`. */
  path: string
  data: Buffer
  /** Permission bits. */
  mode: number
}

interface Context {
  pod: Pod
  lookup: Lookup
  facts: PodFacts
}

const DEFAULT_MODE = 0o644

/** True for a volume whose files come from the API. */
export function hasFiles(volume: Volume): boolean {
  return Boolean(volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected)
}

/**
 * The files that such a volume holds now.
 * @throws ConfigError naming the object or key that is missing
 */
export function volumeFiles(volume: Volume, context: Context): VolumeFile[] {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) return fromConfigMap(configMap, configMap.defaultMode, context)
  if (secret) return fromSecret({ ...secret, name: secret.secretName }, secret.defaultMode, context)
  if (downwardAPI) return fromDownwardApi(downwardAPI.items, downwardAPI.defaultMode, context)
  if (!projected) return []
  return (projected.sources ?? []).flatMap(source => fromProjection(source, projected.defaultMode, context))
}

function fromProjection(source: Projection, mode: number | undefined, context: Context): VolumeFile[] {
  if (source.configMap) return fromConfigMap(source.configMap, mode, context)
  if (source.secret) return fromSecret(source.secret, mode, context)
  if (source.downwardAPI) return fromDownwardApi(source.downwardAPI.items, mode, context)
  throw new ConfigError(`projected volumes of ${Object.keys(source).join(', ')} cannot be made`)
}

interface Items {
  name?: string
  optional?: boolean
  items?: { key: string; path: string; mode?: number }[]
}

function fromConfigMap(source: Items, mode: number | undefined, { pod, lookup }: Context): VolumeFile[] {
  const map: ConfigMap | undefined = configMapNamed(source.name ?? '', pod, lookup, source.optional)
  const data = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(map?.data ?? {})) data.set(key, Buffer.from(value))
  for (const [key, value] of Object.entries(map?.binaryData ?? {}))
    data.set(key, Buffer.from(value, 'base64'))
  return pick(data, source, mode)
}

function fromSecret(source: Items, mode: number | undefined, { pod, lookup }: Context): VolumeFile[] {
  const secret: Secret | undefined = secretNamed(source.name ?? '', pod, lookup, source.optional)
  const data = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(secret?.data ?? {})) data.set(key, Buffer.from(value, 'base64'))
  return pick(data, source, mode)
}

/** All keys as files, or only the items, under their paths. */
function pick(data: Map<string, Buffer>, source: Items, mode = DEFAULT_MODE): VolumeFile[] {
  if (!source.items) return [...data].map(([key, value]) => ({ path: key, data: value, mode }))
  return source.items.flatMap(item => {
    const value = data.get(item.key)
    if (value) return [{ path: item.path, data: value, mode: item.mode ?? mode }]
    if (source.optional) return []
    throw new ConfigError(`references non-existent config key: ${item.key} of ${source.name}`)
  })
}

function fromDownwardApi(
  items: DownwardItem[] = [],
  mode = DEFAULT_MODE,
  { pod, facts }: Context,
): VolumeFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode: own = mode }) => {
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, facts)
      : resourceFieldRef
        ? resourceValue(containerNamed(pod, resourceFieldRef.containerName ?? ''), resourceFieldRef, facts)
        : ''
    return { path, data: Buffer.from(text), mode: own }
  })
}
