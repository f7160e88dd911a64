import type { Container, Pod } from '../api/types.ts'
import type { ContainerMount } from '../engine/engine.ts'
import { units } from '../lib/quantity.ts'
import { ConfigError } from './config-error.ts'
import { expand } from './expansion.ts'
import { volumeName } from './identity.ts'
import { hasFiles, type Volume } from './volume-files.ts'

type Mount = NonNullable<Container['volumeMounts']>[number]

/** Files to put into a container before it starts: a mount with `subPath` of a volume that comes from the API. */
export interface FileCopy {
  volume: Volume
  /** Path within the volume: a file or a folder. */
  subPath: string
  target: string
}

export interface MountPlan {
  mounts: ContainerMount[]
  copies: FileCopy[]
}

/**
 * How a container's volumeMounts are met. emptyDir and files from the API are named volumes of the pod; a hostPath is a
 * bind mount; memory that one container uses is a tmpfs.
 * @throws ConfigError for a volume that is not defined or of a type that cannot be had
 */
export function planMounts(
  pod: Pod,
  container: Container,
  environment: ReadonlyMap<string, string>,
): MountPlan {
  const plan: MountPlan = { mounts: [], copies: [] }
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name)
    if (!volume) throw new ConfigError(`volume "${mount.name}" is not defined in the pod`)
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, environment) : mount.subPath
    if (subPath && hasFiles(volume)) plan.copies.push({ volume, subPath, target: mount.mountPath })
    else plan.mounts.push(toMount(pod, { volume, mount, subPath }))
  }
  return plan
}

function toMount(
  pod: Pod,
  { volume, mount, subPath }: { volume: Volume; mount: Mount; subPath?: string },
): ContainerMount {
  const { mountPath: target, readOnly } = mount
  if (volume.hostPath) {
    return {
      type: 'bind',
      source: subPath ? `${volume.hostPath.path.replace(/\/$/, '')}/${subPath}` : volume.hostPath.path,
      target,
      readOnly,
      propagation: propagation(mount),
    }
  }
  if (isPrivateMemory(pod, volume)) {
    return { type: 'tmpfs', target, sizeBytes: units(volume.emptyDir?.sizeLimit) || undefined, mode: 0o1777 }
  }
  if (volume.emptyDir) {
    return { type: 'volume', name: volumeName(pod, volume.name), target, readOnly, subPath, noCopy: true }
  }
  if (hasFiles(volume)) {
    return { type: 'volume', name: volumeName(pod, volume.name), target, readOnly: true, noCopy: true }
  }
  const type = Object.keys(volume).find(key => key !== 'name') ?? 'unknown'
  throw new ConfigError(`volume "${volume.name}" is of the type ${type}, which servers here do not offer`)
}

/** True for a container into which files are copied before it starts. */
export function hasCopies({ spec }: Pod, { volumeMounts }: Container): boolean {
  return (volumeMounts ?? []).some(({ name, subPath, subPathExpr }) => {
    const volume = spec.volumes?.find(candidate => candidate.name === name)
    return Boolean(subPath || subPathExpr) && volume !== undefined && hasFiles(volume)
  })
}

/** Docker's tmpfs belongs to one container; memory that several share is kept in an ordinary volume. */
function isPrivateMemory({ spec }: Pod, volume: Volume): boolean {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const users = containers.filter(({ volumeMounts }) =>
    volumeMounts?.some(({ name }) => name === volume.name),
  )
  return volume.emptyDir?.medium === 'Memory' && users.length <= 1
}

/** The volumes that must exist, filled, before any container of the pod is created. */
export function podVolumes(pod: Pod): Volume[] {
  return (pod.spec.volumes ?? []).filter(
    volume => hasFiles(volume) || (volume.emptyDir !== undefined && !isPrivateMemory(pod, volume)),
  )
}

function propagation({ mountPropagation }: Mount): string | undefined {
  if (mountPropagation === 'Bidirectional') return 'rshared'
  return mountPropagation === 'HostToContainer' ? 'rslave' : undefined
}
