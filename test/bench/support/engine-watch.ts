import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import Docker from 'dockerode'
import { freshServers, lab, SERVERS } from './bench-lab.ts'
import { Signalled } from './signalled.ts'

interface ContainerEvent {
  Action: string
  id: string
  Actor: { Attributes: { image?: string } }
}

/**
 * What runs on the servers, from the engines' own events: the one place where everything that starts containers can be
 * measured alike. Reads the engines' sockets beside the network, so that it also sees what no API tells.
 */
export class EngineWatch extends Signalled {
  /** Image by container id, one map a server. */
  readonly #running = new Map<number, Map<string, string>>()
  readonly #streams: Readable[] = []

  /** Follows the engines of all servers. */
  static async open(): Promise<EngineWatch> {
    const watch = new EngineWatch()
    await Promise.all(SERVERS.map(server => watch.#follow(server)))
    return watch
  }

  async #follow(server: number): Promise<void> {
    const docker = new Docker({ socketPath: `${lab.env.dir}/n${server}/shared/docker.sock` })
    const stream = (await docker.getEvents({ filters: { type: ['container'] } })) as Readable
    const running = new Map((await docker.listContainers()).map(({ Id, Image }) => [Id, Image]))
    this.#running.set(server, running)
    this.#streams.push(stream)
    // readline hands on the errors of its input: here, a power cut
    const lines = createInterface(stream).on('error', () => this.forget(server))
    lines.on('line', line => {
      const { Action, id, Actor } = JSON.parse(line) as ContainerEvent
      if (Action === 'start') running.set(id, Actor.Attributes.image ?? '')
      else if (Action === 'die') running.delete(id)
      else return
      this.changed()
    })
  }

  /** The server has lost its power. */
  forget(server: number): void {
    this.#running.get(server)?.clear()
    this.changed()
  }

  /** How many containers of the test image with this tag run. */
  count(tag: string): number {
    // Swarm adds the digest
    const name = `${lab.env.web}:${tag}`
    const images = [...this.#running.values()].flatMap(running => [...running.values()])
    return images.filter(image => image === name || image.startsWith(`${name}@`)).length
  }

  protected describe(): string {
    const servers = [...this.#running].map(([server, { size }]) => `${size} containers on server ${server}`)
    return servers.join(', ')
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy()
  }
}

/** Freshly installed servers for one measurement, and a watch over their engines meanwhile. */
export async function onFreshServers(measure: (engines: EngineWatch) => Promise<unknown>): Promise<void> {
  await freshServers()
  const engines = await EngineWatch.open()
  try {
    await measure(engines)
  } finally {
    engines.close()
  }
}
