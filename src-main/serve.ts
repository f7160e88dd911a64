import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { systemClock } from './lib/clock.ts'
import { createLogger } from './lib/logger.ts'
import type { Ports } from './remembered-ports.ts'
import { stopSignal } from './stop-signal.ts'

export interface ServeOptions {
  dataDir: string
  playground?: number
  ports?: Partial<Ports>
}

/** Runs the control plane without a window until SIGINT or SIGTERM; prints its addresses once it answers. */
export async function serve({ dataDir, playground, ports }: ServeOptions): Promise<void> {
  const logger = await createLogger(process.env.COXSWAIN_LOG)
  const rendererDir = builtRenderer()
  const controlPlane = await startControlPlane({
    dataDir,
    playground,
    ports,
    rendererDir,
    clock: systemClock,
    logger,
  })
  const print = (line: string) => process.stdout.write(`${line}\n`)
  print(`API         ${controlPlane.apiUrl}`)
  print(`kubeconfig  ${controlPlane.kubeconfig}`)
  if (!rendererDir) print('window      not built: run npm run build')
  else {
    const more = offerFreshAddresses(controlPlane, print) ? '; press Enter here for another address' : ''
    print(`window      ${controlPlane.windowUrl()}  (opens once${more})`)
  }
  await stopSignal({ clock: systemClock, process, force: () => process.exit(1) })
  await controlPlane.stop()
}

/** The folder that `npm run build` puts the window into, beside this bundle. */
export function builtRenderer(): string | undefined {
  const folder = fileURLToPath(new URL('../renderer', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

/**
 * An address lets one browser in, once; who has the terminal may have more.
 * @returns whether there is one
 */
function offerFreshAddresses(controlPlane: ControlPlane, print: (line: string) => void): boolean {
  const { stdin } = process
  if (!stdin.isTTY || !inForeground()) return false
  stdin.on('data', () => print(`window      ${controlPlane.windowUrl()}`))
  // the terminal may be closed before Coxswain is
  stdin.on('error', () => undefined)
  stdin.unref()
  return true
}

/** Whether the terminal is ours: it stops (SIGTTIN) whoever reads from it in the background, as after `cox serve &`. */
function inForeground(): boolean {
  if (process.platform === 'win32') return true
  try {
    const stat = execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)], { encoding: 'utf8' })
    return stat.includes('+')
  } catch {
    // no such ps: most are started in the foreground
    return true
  }
}
