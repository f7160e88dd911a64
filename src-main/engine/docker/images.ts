import type { Readable } from 'node:stream'
import type { ImageInfo, ImageInspectInfo } from 'dockerode'
import { EngineError, type EngineImage, type RegistryAuth } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { dockerMessage, pullError, statusOf, toEngineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'

/** Until a pull's first word: the engine asks the registry for the manifest first. */
const PULL_HEAD_MS = 120_000
/** Until the first byte of a saved image: old engines gather all layers first. */
const TRANSFER_HEAD_MS = 120_000
/** For a whole image to be sent; its answer comes after that. */
const TRANSFER_MS = 30 * 60_000

function list(value: string | string[] | null | undefined): string[] {
  return value == null ? [] : [value].flat()
}

function fromInspect(info: ImageInspectInfo): EngineImage {
  const config = (info.Config ?? {}) as Partial<ImageInspectInfo['Config']> & { StopSignal?: string }
  return {
    id: info.Id,
    tags: info.RepoTags ?? [],
    digests: info.RepoDigests ?? [],
    sizeBytes: info.Size,
    user: config.User ?? '',
    entrypoint: list(config.Entrypoint),
    command: list(config.Cmd),
    environment: config.Env ?? [],
    stopSignal: config.StopSignal || undefined,
    labels: config.Labels ?? {},
  }
}

const pathOf = (reference: string) => `/images/${reference.split('/').map(encodeURIComponent).join('/')}`

function isMissing(error: unknown): boolean {
  return error instanceof EngineError && ['image-not-found', 'not-found'].includes(error.code)
}

export async function inspectImage(
  client: DockerClient,
  reference: string,
): Promise<EngineImage | undefined> {
  const path = `${pathOf(reference)}/json`
  try {
    const info = await client.json<ImageInspectInfo>({ doing: `inspect image ${reference}`, path })
    return info && fromInspect(info)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** All images. The list has names, sizes and labels; user, command and environment take an inspect. */
export async function listImages(client: DockerClient): Promise<EngineImage[]> {
  const images = (await client.json<ImageInfo[]>({ doing: 'list images', path: '/images/json' })) ?? []
  const named = (names: string[] | null | undefined) =>
    (names ?? []).filter(name => !name.startsWith('<none>'))
  return images.map(image => ({
    id: image.Id,
    tags: named(image.RepoTags),
    digests: named(image.RepoDigests),
    sizeBytes: image.Size,
    user: '',
    entrypoint: [],
    command: [],
    environment: [],
    labels: image.Labels ?? {},
  }))
}

/**
 * Splits `name[:tag][@digest]` into what `POST /images/create` wants. Without a tag Docker would pull every tag there
 * is, so that `latest` is said.
 */
export function splitReference(reference: string): { fromImage: string; tag: string } {
  const [name = '', digest] = reference.split('@', 2)
  const colon = name.lastIndexOf(':')
  const hasTag = colon > name.lastIndexOf('/')
  const fromImage = hasTag ? name.slice(0, colon) : name
  if (digest !== undefined) return { fromImage, tag: digest }
  return { fromImage, tag: hasTag ? name.slice(colon + 1) : 'latest' }
}

/** One line of a pull's progress. */
interface PullLine {
  error?: string
  errorDetail?: { message?: string }
}

/** Pulls to the end of the progress stream: a failure may come as its last line, long after HTTP said 200. */
export async function pullImage(
  client: DockerClient,
  reference: string,
  options: { auth?: RegistryAuth; signal?: AbortSignal } = {},
): Promise<EngineImage> {
  const { auth, signal } = options
  try {
    const progress = await client.stream({
      doing: `pull image ${reference}`,
      method: 'POST',
      path: '/images/create',
      query: splitReference(reference),
      ...(auth
        ? {
            registryAuth: {
              username: auth.username,
              password: auth.password,
              serveraddress: auth.serverAddress,
            },
          }
        : {}),
      signal,
      timeoutMs: PULL_HEAD_MS,
    })
    for await (const line of jsonLines<PullLine>(progress)) {
      const message = line.errorDetail?.message ?? line.error
      if (message !== undefined) throw new PullFailure(message)
    }
  } catch (error) {
    if (signal?.aborted)
      throw new EngineError('aborted', `the pull of ${reference} was stopped`, signal.reason)
    throw pullFailure(reference, error)
  }
  const image = await inspectImage(client, reference)
  if (!image) {
    throw new EngineError(
      'image-not-found',
      `image "${reference}" was pulled and is gone again: pull it once more`,
    )
  }
  return image
}

/** The engine's own words within the progress stream. */
class PullFailure extends Error {}

/** The engine's answer is read for what the registry said; a broken connection stays what it is. */
function pullFailure(reference: string, error: unknown): EngineError {
  if (error instanceof PullFailure) return pullError(reference, error.message, error)
  if (!(error instanceof EngineError)) return toEngineError(error, `pull image "${reference}"`)
  if (statusOf(error.cause) === undefined) return error
  return pullError(reference, dockerMessage(error.cause), error.cause)
}

/** Makes an image of one layer from a root file system's tar. */
export async function importImage(
  client: DockerClient,
  tar: Buffer,
  reference: string,
  config: { entrypoint: string[] },
): Promise<void> {
  const { fromImage, tag } = splitReference(reference)
  const progress = await client.stream({
    doing: `import image ${reference}`,
    method: 'POST',
    path: '/images/create',
    query: {
      fromSrc: '-',
      repo: fromImage,
      tag,
      changes: `ENTRYPOINT ${JSON.stringify(config.entrypoint)}`,
    },
    file: tar,
  })
  for await (const line of jsonLines<PullLine>(progress)) {
    const message = line.errorDetail?.message ?? line.error
    if (message !== undefined) {
      throw new EngineError('engine-error', `cannot import image ${reference}: ${message}`)
    }
  }
}

/** Docker says 200 before it has looked, and then fails within the tar: ask for the image first. */
export async function saveImage(client: DockerClient, reference: string): Promise<Readable> {
  const doing = `save image ${reference}`
  if (!(await inspectImage(client, reference))) {
    throw new EngineError('image-not-found', `cannot ${doing}: the server does not have it`)
  }
  return client.stream({ doing, path: `${pathOf(reference)}/get`, timeoutMs: TRANSFER_HEAD_MS })
}

/** Ends when the engine has unpacked the last layer, or as soon as the tar breaks off. */
export async function loadImage(client: DockerClient, tar: Readable): Promise<void> {
  const doing = 'load an image'
  const broken = new AbortController()
  // docker-modem would wait for the rest of a tar that breaks off
  tar.once('error', error => broken.abort(error))
  try {
    const progress = await client.stream({
      doing,
      method: 'POST',
      path: '/images/load',
      query: { quiet: true },
      file: tar,
      signal: broken.signal,
      timeoutMs: TRANSFER_MS,
    })
    for await (const line of jsonLines<PullLine>(progress)) {
      const message = line.errorDetail?.message ?? line.error
      if (message !== undefined) throw new EngineError('engine-error', `cannot ${doing}: ${message}`)
    }
  } catch (error) {
    throw toEngineError(broken.signal.aborted ? broken.signal.reason : error, doing)
  } finally {
    tar.destroy()
  }
}

export async function removeImage(client: DockerClient, reference: string): Promise<void> {
  try {
    await client.json({ doing: `remove image ${reference}`, method: 'DELETE', path: pathOf(reference) })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
