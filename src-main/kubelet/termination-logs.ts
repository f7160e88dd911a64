import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import type { Container } from '../api/types.ts'
import { EngineError, type ContainerMount, type Engine } from '../engine/engine.ts'
import type { Logger } from '../lib/logger.ts'
import type { ContainerCache } from './container-cache.ts'
import { LABEL } from './container-labels.ts'
import { writeThroughContainer } from './volume-writer.ts'

const NAME = 'coxswain-termination-logs'
/** Files made at once: one deployment's worth of a server, so that its containers wait for none. */
const BATCH = 64
const LOW_WATER = 16
/** More than any server has containers; a number is used again once its container is gone. */
const NUMBERS = 10_000

export interface TerminationLogsOptions {
  engine: Engine
  clusterId: string
  cache: Pick<ContainerCache, 'podUids' | 'ofPod'>
  logger: Logger
  /** From 0 to 1: where to begin, so that what a predecessor hands out at its end is not given twice. */
  random: () => number
  ensurePauseImage(): Promise<void>
}

export interface TerminationLog {
  /** Its number, for `LABEL.terminationLog`. */
  file: string
  mount: ContainerMount
}

/**
 * Files on the server that containers see as their `/dev/termination-log`. Docker keeps a container's /dev in memory, so
 * what is written there is gone with the process, unless a file of the server is mounted at that path. The engine's API
 * makes files only through containers: one volume holds many, made a batch at a time ahead of need.
 */
export class TerminationLogs {
  readonly #node: TerminationLogsOptions
  readonly #free: string[] = []
  /** Handed out by this object; the cache knows them only once their container is there. */
  readonly #given = new Set<string>()
  #next: number
  #folder = ''
  #preparing: Promise<boolean> | undefined

  constructor(node: TerminationLogsOptions) {
    this.#node = node
    this.#next = Math.floor(node.random() * NUMBERS)
  }

  /**
   * An empty file for a container.
   * @returns undefined when its terminationMessagePath is not in memory or is a mount of its own, and when the engine
   * makes no files: a container without its last words is better than none
   */
  async take({ terminationMessagePath, volumeMounts }: Container): Promise<TerminationLog | undefined> {
    const target = terminationMessagePath ?? '/dev/termination-log'
    if (!isInMemory(target) || volumeMounts?.some(({ mountPath }) => mountPath === target)) return undefined
    // many may wait for one batch, and take more than it has
    while (this.#free.length === 0) if (!(await this.prepare())) return undefined
    const file = this.#free.shift() ?? ''
    this.#given.add(file)
    if (this.#free.length < LOW_WATER) void this.prepare()
    return { file, mount: { type: 'bind', source: `${this.#folder}/${file}`, target } }
  }

  /** Makes a batch of files, unless that is under way. @returns false when it failed, which is logged */
  prepare(): Promise<boolean> {
    this.#preparing ??= this.#makeBatch()
      .catch((error: unknown) => {
        if (error instanceof EngineError && error.code === 'aborted') return false
        this.#node.logger.warn({ err: error }, 'could not make files for termination messages')
        return false
      })
      .finally(() => (this.#preparing = undefined))
    return this.#preparing
  }

  async #makeBatch(): Promise<boolean> {
    const { engine, clusterId, ensurePauseImage } = this.#node
    const labels = { [LABEL.cluster]: clusterId }
    await ensurePauseImage()
    const { mountpoint } = await engine.ensureVolume(NAME, labels)
    const files = this.#unused()
    const tar = pack()
    for (const file of files) tar.entry({ name: file, mode: 0o666 }, '')
    tar.finalize()
    await writeThroughContainer(engine, {
      name: NAME,
      labels,
      mounts: [{ type: 'volume', name: NAME, target: '/logs', noCopy: true }],
      archive: { path: '/logs', tar: await buffer(tar) },
    })
    this.#folder = mountpoint
    this.#free.push(...files)
    return files.length > 0
  }

  #unused(): string[] {
    const { cache } = this.#node
    const used = new Set(this.#free)
    for (const uid of cache.podUids()) {
      for (const { labels } of cache.ofPod(uid)) {
        const file = labels[LABEL.terminationLog]
        if (file === undefined) continue
        used.add(file)
        this.#given.delete(file)
      }
    }
    const files: string[] = []
    for (let tries = 0; files.length < BATCH && tries < NUMBERS; tries++) {
      const file = String(this.#next++ % NUMBERS).padStart(4, '0')
      if (!used.has(file) && !this.#given.has(file)) files.push(file)
    }
    return files
  }
}

/** Docker mounts a file system in memory at /dev. */
function isInMemory(path: string): boolean {
  return path.startsWith('/dev/')
}
