import { PassThrough } from 'node:stream'
import { extract } from 'tar-stream'
import type { Engine, ExecSession } from '../../../../src-main/engine/engine.ts'
import {
  createSimulatedEngine,
  type SimulatedEngine,
} from '../../../../src-main/engine/simulated/simulated-engine.ts'
import { part as planned } from '../../../../src-main/network/plan/server-plan.ts'
import type { Clock } from '../../../../src-main/lib/clock.ts'

/** A simulated engine whose system container takes over what it is handed, as the real one does. */
export class FakeServer {
  /** The commands that it was given after `state`, each a line: `apply mesh rules`, `forget 10.244.1.5`. */
  readonly commands: string[] = []
  /** What it has, by part and file. */
  readonly files = new Map<string, string>()
  /** How many bytes it was handed. */
  received = 0
  /** Commands wait for it. */
  gate: Promise<void> = Promise.resolve()
  /** Where its UDP connections lead. */
  udpTargets: string[] = []
  /** While set, `apply` fails with these words. */
  broken: string | undefined
  /** Why it does not take a part, if it does not; it takes the others. */
  refuses: (part: string, files: ReadonlyMap<string, string>) => string | undefined = () => undefined
  readonly engine: Engine
  readonly simulated: SimulatedEngine
  readonly #handed = new Map<string, string>()

  constructor(clock: Clock, hostName: string) {
    this.simulated = createSimulatedEngine({ clock, hostName, cpus: 2, memoryBytes: 2 ** 31, latencyMs: 0 })
    this.engine = new Proxy<Engine>(this.simulated, { get: (target, name) => this.#member(target, name) })
  }

  #member(target: Engine, name: string | symbol): unknown {
    if (name === 'putArchive') return (_id: string, _path: string, tar: Buffer) => this.#take(tar)
    if (name === 'exec') {
      return async (_id: string, { command }: { command: string[] }) => {
        await this.gate
        return this.#run(command.slice(1))
      }
    }
    return Reflect.get(target, name) as unknown
  }

  async #take(tar: Buffer): Promise<void> {
    this.received += tar.length
    const entries = extract()
    entries.end(tar)
    for await (const entry of entries) {
      const bytes: Buffer[] = []
      for await (const chunk of entry) bytes.push(chunk as Buffer)
      this.#handed.set(entry.header.name.replace(/^next\//, ''), Buffer.concat(bytes).toString())
    }
  }

  #run([command = '', ...words]: string[]): ExecSession {
    if (command === 'state') {
      const parts = [...this.files].filter(([path]) => path.endsWith('/hash'))
      const lines = parts.map(([path, hash]) => `part.${path.split('/')[0]} ${hash.trim()}`)
      return session(['wireguard none', ...lines].join('\n'))
    }
    if (command === 'files') {
      const own = [...this.files].filter(
        ([path]) => path.startsWith(`${words[0]}/`) && !path.endsWith('/hash'),
      )
      const lines = own.map(([path, text]) => `${path.split('/')[1]} ${Buffer.from(text).toString('base64')}`)
      return session(lines.join('\n'))
    }
    if (command === 'udp-targets') return session(this.udpTargets.join('\n'))
    this.commands.push([command, ...words].join(' '))
    if (command === 'apply') {
      if (this.broken !== undefined) return session('', this.broken)
      const taken = new Map(this.#handed)
      this.#handed.clear()
      const failures = words.flatMap(part => this.#takeOver(part, taken) ?? [])
      if (failures.length > 0) return session('', failures.join('\n'))
    }
    return session('')
  }

  /** @returns why not, if it does not take it */
  #takeOver(part: string, handed: Map<string, string>): string | undefined {
    const own = new Map([...handed].filter(([path]) => path.startsWith(`${part}/`)))
    this.#splice(part, own)
    const why = this.refuses(part, own)
    if (why !== undefined) return why
    for (const path of this.files.keys()) if (path.startsWith(`${part}/`)) this.files.delete(path)
    for (const [path, content] of own) this.files.set(path, content)
    return undefined
  }

  /** As `spliced` in resources/system-image/coxswain-system. */
  #splice(part: string, taken: Map<string, string>): void {
    const [hash, ...lines] = (taken.get(`${part}/splices`) ?? '').trim().split('\n')
    if (!taken.delete(`${part}/splices`)) return
    if (this.files.get(`${part}/hash`) !== `${hash}\n`) throw new Error(`${part} is not what was spliced`)
    for (const line of lines) {
      const [file = '', head, tail] = line.split(' ')
      const before = Buffer.from(this.files.get(`${part}/${file}`) ?? '')
      const middle = Buffer.from(taken.get(`${part}/${file}`) ?? '')
      const pieces = [before.subarray(0, Number(head)), middle, before.subarray(before.length - Number(tail))]
      taken.set(`${part}/${file}`, Buffer.concat(pieces).toString())
    }
    const files = lines
      .map(line => line.split(' ')[0] ?? '')
      .map(file => [file, taken.get(`${part}/${file}`)])
    const made = planned(part, Object.fromEntries(files) as Record<string, string>)
    if (taken.get(`${part}/hash`) !== `${made.hash}\n`) throw new Error(`${part} is not what was planned`)
  }
}

function session(output: string, failure?: string): ExecSession {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  stdout.end(output)
  stderr.end(failure ?? '')
  return {
    stdout,
    stderr,
    resize: () => Promise.resolve(),
    exitCode: () => Promise.resolve(failure === undefined ? 0 : 1),
    close: () => undefined,
  }
}
