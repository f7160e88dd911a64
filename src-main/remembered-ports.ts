import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Ports {
  https: number
  http: number
}

const FILE = 'ports.json'

/** The ports of the last start, so that addresses people have noted stay true; `{}` on the first. */
export async function readPorts(dataDir: string): Promise<Partial<Ports>> {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text) as Partial<Ports>
  } catch {
    return {}
  }
}

export async function rememberPorts(dataDir: string, ports: Partial<Ports>): Promise<void> {
  await writeFile(join(dataDir, FILE), JSON.stringify(ports))
}

/**
 * Listens on the wanted port, or on any free one when a remembered port is taken by now.
 * @param insist true when a person asked for this very port: then a taken one is an error
 */
export async function listenOn(
  listen: (port: number) => Promise<string>,
  port: number | undefined,
  insist: boolean,
): Promise<string> {
  try {
    return await listen(port ?? 0)
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (!taken) throw error
    if (insist)
      throw new Error(`Port ${port} is in use by another program. Choose another one.`, { cause: error })
    return listen(0)
  }
}
