import { EngineError } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { statusOf } from './errors.ts'

interface Volume {
  Name: string
  Mountpoint: string
  Labels: Record<string, string> | null
}

/** Docker's own call: creating a volume that is there does nothing. */
export async function ensureVolume(
  client: DockerClient,
  name: string,
  labels: Record<string, string>,
): Promise<{ mountpoint: string }> {
  const body = { Name: name, Labels: labels }
  const request = { doing: `create volume ${name}`, method: 'POST' as const, path: '/volumes/create', body }
  const volume = await client.json<Volume>(request)
  return { mountpoint: volume?.Mountpoint ?? '' }
}

export async function listVolumes(
  client: DockerClient,
  labels: Record<string, string>,
): Promise<{ name: string; labels: Record<string, string> }[]> {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const request = { doing: 'list volumes', path: '/volumes', query: { filters: { label } } }
  const answer = await client.json<{ Volumes: Volume[] | null }>(request)
  return (answer?.Volumes ?? []).map(volume => ({ name: volume.Name, labels: volume.Labels ?? {} }))
}

/** A volume that is not there is no error. */
export async function removeVolume(client: DockerClient, name: string): Promise<void> {
  try {
    const path = `/volumes/${encodeURIComponent(name)}`
    await client.json({ doing: `remove volume ${name}`, method: 'DELETE', path })
  } catch (error) {
    if (!(error instanceof EngineError) || statusOf(error.cause) !== 404) throw error
  }
}
