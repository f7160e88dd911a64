import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { pack, type Header } from 'tar-stream'
import type { Pod } from '../api/types.ts'
import { EngineError, type ContainerSpec, type Engine } from '../engine/engine.ts'
import { LABEL } from './container-labels.ts'
import { containerName, podLabels, volumeName } from './identity.ts'
import { PAUSE_ENTRYPOINT, PAUSE_IMAGE } from './pause-image.ts'
import type { Volume, VolumeFile } from './volume-files.ts'

/** A volume and the files that it should hold; none: an emptyDir. */
export interface FilledVolume {
  volume: Volume
  files?: VolumeFile[]
}

/** The name of the container through which volumes are filled; it is never started. */
const WRITER = 'VOLUMES'

/**
 * Creates a pod's volumes and fills them. Doing it again replaces the files. The pause image must be there.
 */
export async function writeVolumes(
  engine: Engine,
  pod: Pod,
  { clusterId, volumes }: { clusterId: string; volumes: readonly FilledVolume[] },
): Promise<void> {
  const labels = podLabels(clusterId, pod)
  await Promise.all(volumes.map(({ volume }) => engine.ensureVolume(volumeName(pod, volume.name), labels)))
  await writeThroughContainer(engine, {
    name: containerName(pod, WRITER),
    labels: { ...labels, [LABEL.container]: WRITER },
    mounts: volumes.map(({ volume: { name } }) => ({
      type: 'volume',
      name: volumeName(pod, name),
      target: `/${name}`,
      noCopy: true,
    })),
    archive: { path: '/', tar: await volumesTar(pod, volumes) },
  })
}

/** What to unpack at a path of a container that has `mounts` and never runs. */
export interface ArchiveWrite extends Pick<ContainerSpec, 'name' | 'labels' | 'mounts'> {
  archive: { path: string; tar: Buffer }
}

/** Unpacks files into volumes: the engine's API writes files only into containers. The pause image must be there. */
export async function writeThroughContainer(
  engine: Engine,
  { name, labels, mounts, archive }: ArchiveWrite,
): Promise<void> {
  const create = () =>
    engine.createContainer({
      name,
      image: PAUSE_IMAGE,
      labels,
      entrypoint: PAUSE_ENTRYPOINT,
      environment: [],
      restartPolicy: 'no',
      network: { mode: 'none' },
      mounts,
    })
  const id = await create().catch(async (error: unknown) => {
    if (!(error instanceof EngineError) || error.code !== 'name-conflict') throw error
    await engine.removeContainer(name) // left behind by a process that was killed
    return create()
  })
  try {
    await engine.putArchive(id, archive.path, archive.tar)
  } finally {
    await engine.removeContainer(id)
  }
}

/** Changes when any file of the volumes does. */
export function fingerprint(volumes: readonly FilledVolume[]): string {
  const hash = createHash('sha256')
  for (const { volume, files = [] } of volumes) {
    hash.update(volume.name)
    for (const { path, data, mode } of files)
      hash.update(JSON.stringify([path, mode, data.length])).update(data)
  }
  return hash.digest('hex')
}

/**
 * The kubelet's layout: the files are in a folder named after their content, `..data` points to it, and each file is a
 * link through `..data`, so that a reader sees all of the old files or all of the new.
 * Source: kubernetes pkg/volume/util/atomic_writer.go.
 */
async function volumesTar(pod: Pod, volumes: readonly FilledVolume[]): Promise<Buffer> {
  const { fsGroup } = pod.spec.securityContext ?? {}
  const tar = pack()
  const add = (header: Partial<Header> & { name: string }, data?: Buffer) =>
    tar.entry({ ...header, gid: fsGroup ?? 0, mtime: new Date(0) }, data ?? Buffer.alloc(0))
  for (const { volume, files } of volumes) {
    const root = volume.name
    add({ name: `${root}/`, type: 'directory', mode: fsGroup === undefined ? 0o777 : 0o2777 })
    if (!files) continue
    const folder = `..${fingerprint([{ volume, files }]).slice(0, 16)}`
    for (const { path, data, mode } of files) {
      add({ name: `${root}/${folder}/${path}`, mode: fsGroup === undefined ? mode : mode | 0o440 }, data)
    }
    add({ name: `${root}/..data`, type: 'symlink', linkname: folder })
    for (const top of new Set(files.map(({ path }) => path.split('/')[0] ?? path))) {
      add({ name: `${root}/${top}`, type: 'symlink', linkname: `..data/${top}` })
    }
  }
  tar.finalize()
  return buffer(tar)
}

/** Files for one container, put at a path of it: what a `subPath` mount of a ConfigMap comes to. */
export async function filesTar(
  files: readonly VolumeFile[],
  { subPath, target }: { subPath: string; target: string },
): Promise<Buffer> {
  const tar = pack()
  for (const { path, data, mode } of files) {
    if (path !== subPath && !path.startsWith(`${subPath}/`)) continue
    tar.entry({ name: `${target}${path.slice(subPath.length)}`.replace(/^\//, ''), mode }, data)
  }
  tar.finalize()
  return buffer(tar)
}
