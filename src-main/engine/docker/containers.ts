import type { Readable } from 'node:stream'
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode'
import { EngineError, type ContainerSpec, type EngineContainer, type RestartPolicy } from '../engine.ts'
import type { DockerClient, DockerRequest } from './client.ts'
import { toCreateBody } from './container-spec.ts'
import { fromInspect, fromSummary } from './container-view.ts'
import { statusOf } from './errors.ts'

/** Starting, stopping and removing may wait for a slow disk or a full process table. */
const SLOW_MS = 120_000
const ARCHIVE_MS = 600_000

const NOT_MODIFIED = 304
const NOT_FOUND = 404
const CONFLICT = 409

function pathOf(id: string, action = ''): string {
  return `/containers/${encodeURIComponent(id)}${action}`
}

/** True when Docker answered with one of these HTTP statuses. */
function answered(error: unknown, ...statuses: number[]): boolean {
  const status = error instanceof EngineError ? statusOf(error.cause) : undefined
  return status !== undefined && statuses.includes(status)
}

/** Sends a request and takes these statuses for success too. */
async function accepting(client: DockerClient, request: DockerRequest, ...statuses: number[]): Promise<void> {
  try {
    await client.json(request)
  } catch (error) {
    if (!answered(error, ...statuses)) throw error
  }
}

export async function listContainers(
  client: DockerClient,
  labels: Record<string, string>,
): Promise<EngineContainer[]> {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const request = {
    doing: 'list containers',
    path: '/containers/json',
    query: { all: true, filters: { label } },
  }
  return ((await client.json<ContainerInfo[]>(request)) ?? []).map(fromSummary)
}

export async function inspectContainer(
  client: DockerClient,
  id: string,
): Promise<EngineContainer | undefined> {
  try {
    const request = { doing: `inspect container ${id}`, path: pathOf(id, '/json') }
    const info = await client.json<ContainerInspectInfo>(request)
    return info && fromInspect(info)
  } catch (error) {
    if (answered(error, NOT_FOUND)) return undefined
    throw error
  }
}

export async function createContainer(client: DockerClient, spec: ContainerSpec): Promise<string> {
  const answer = await client.json<{ Id: string }>({
    doing: `create container ${spec.name}`,
    method: 'POST',
    path: '/containers/create',
    query: { name: spec.name },
    body: toCreateBody(spec, await client.version(), await client.loggingDriver()),
    timeoutMs: SLOW_MS,
  })
  if (!answer) throw new EngineError('engine-error', `Docker created container ${spec.name} without an id`)
  return answer.Id
}

export async function startContainer(client: DockerClient, id: string): Promise<void> {
  const request: DockerRequest = {
    doing: `start container ${id}`,
    method: 'POST',
    path: pathOf(id, '/start'),
    timeoutMs: SLOW_MS,
  }
  await accepting(client, request, NOT_MODIFIED)
}

export async function stopContainer(
  client: DockerClient,
  id: string,
  options: { timeoutSeconds: number; signal?: string },
): Promise<void> {
  const { stopSignal } = await client.version()
  if (options.signal !== undefined && !stopSignal)
    await stopBySignal(client, id, options.signal, options.timeoutSeconds)
  const request: DockerRequest = {
    doing: `stop container ${id}`,
    method: 'POST',
    path: pathOf(id, '/stop'),
    query: { t: options.timeoutSeconds, ...(stopSignal && options.signal ? { signal: options.signal } : {}) },
    timeoutMs: options.timeoutSeconds * 1000 + SLOW_MS,
  }
  await accepting(client, request, NOT_MODIFIED, NOT_FOUND)
}

/**
 * Docker before 23 stops only with the signal the container was created with. The signal is sent by itself there, with
 * the restart policy off meanwhile: Docker starts a container again that ends of any signal but its own.
 */
async function stopBySignal(
  client: DockerClient,
  id: string,
  signal: string,
  timeoutSeconds: number,
): Promise<void> {
  const container = await inspectContainer(client, id)
  if (container?.state !== 'running') return
  const doing = `stop container ${id}`
  await setRestartPolicy(client, id, 'no')
  const kill: DockerRequest = { doing, method: 'POST', path: pathOf(id, '/kill'), query: { signal } }
  await accepting(client, kill, NOT_FOUND, CONFLICT)
  try {
    const timeoutMs = Math.max(1, timeoutSeconds * 1000)
    await accepting(client, { doing, method: 'POST', path: pathOf(id, '/wait'), timeoutMs }, NOT_FOUND)
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'timeout')) throw error
    const sigkill: DockerRequest = { doing, method: 'POST', path: pathOf(id, '/kill') }
    await accepting(client, sigkill, NOT_FOUND, CONFLICT)
  }
  if (container.restartPolicy !== 'no') await setRestartPolicy(client, id, container.restartPolicy)
}

export async function removeContainer(client: DockerClient, id: string): Promise<void> {
  const doing = `remove container ${id}`
  const query = { force: true, v: true }
  try {
    const request: DockerRequest = { doing, method: 'DELETE', path: pathOf(id), query, timeoutMs: SLOW_MS }
    await accepting(client, request, NOT_FOUND)
  } catch (error) {
    // Someone else's removal is under way: its end is what was asked for.
    if (!answered(error, CONFLICT)) throw error
    const wait: DockerRequest = {
      doing,
      method: 'POST',
      path: pathOf(id, '/wait'),
      query: { condition: 'removed' },
    }
    await accepting(client, { ...wait, timeoutMs: SLOW_MS }, NOT_FOUND)
  }
}

export async function setRestartPolicy(
  client: DockerClient,
  id: string,
  policy: RestartPolicy,
): Promise<void> {
  await client.json({
    doing: `set the restart policy of container ${id}`,
    method: 'POST',
    path: pathOf(id, '/update'),
    body: { RestartPolicy: { Name: policy } },
  })
}

export async function renameContainer(client: DockerClient, id: string, name: string): Promise<void> {
  const doing = `rename container ${id} to ${name}`
  await client.json({ doing, method: 'POST', path: pathOf(id, '/rename'), query: { name } })
}

export async function putArchive(
  client: DockerClient,
  id: string,
  path: string,
  tar: Readable | Buffer,
): Promise<void> {
  await client.json({
    doing: `copy files to ${path} in container ${id}`,
    method: 'PUT',
    path: pathOf(id, '/archive'),
    query: { path },
    file: tar,
    timeoutMs: ARCHIVE_MS,
  })
}

export function getArchive(client: DockerClient, id: string, path: string): Promise<Readable> {
  const doing = `copy ${path} out of container ${id}`
  return client.stream({ doing, path: pathOf(id, '/archive'), query: { path }, timeoutMs: ARCHIVE_MS })
}
