import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpClient, type HttpClient } from './http-client.ts'

/** Where a server is reached, and what a client needs for it. */
export interface Address {
  address: string
  authority: string
  token: string
}

/** A server in a process of its own, with a data folder that goes with it. */
export interface ServerProcess {
  client: HttpClient
  /** A client with connections of its own. */
  anotherClient(): HttpClient
  /** Asks the process: it answers with one of what it was given to `serve`. */
  ask(question: string): Promise<number>
  /** Seconds of processor time that the server has used so far. */
  cpuSeconds(): Promise<number>
  stop(): Promise<void>
}

/** Runs in the child: tells where it serves, and answers questions until its parent goes. */
export function serve(where: Address, answers: Record<string, () => number> = {}): void {
  const known: typeof answers = {
    ...answers,
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
  }
  process.on('message', question => process.send?.(known[String(question)]?.() ?? NaN))
  process.on('disconnect', () => process.exit())
  process.send?.(where)
}

/**
 * @param bundle file URL of a module
 * @param name of the function that it exports; it is given the data folder and `argument`, and calls `serve`
 */
export async function startServer(bundle: string, name: string, argument: number): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'coxswain-bench-'))
  const program = `const { ${name} } = await import(${JSON.stringify(bundle)}); await ${name}(${JSON.stringify(dataDir)}, ${argument})`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const answer = async <T>() => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`the server ended with ${code}`)
      }),
    ])
    return message as T
  }
  const { address, ...credentials } = await answer<Address>()
  const client = httpClient(address, credentials)
  const ask = (question: string) => {
    child.send(question)
    return answer<number>()
  }
  return {
    client,
    anotherClient: () => httpClient(address, credentials),
    ask,
    cpuSeconds: () => ask('cpuSeconds'),
    async stop() {
      client.close()
      child.disconnect()
      await exited.catch(() => undefined)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
