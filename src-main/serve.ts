import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { systemClock } from './lib/clock.ts'
import { createLogger } from './lib/logger.ts'
import type { Ports } from './remembered-ports.ts'

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
  print(
    rendererDir
      ? `window      ${controlPlane.windowUrl()}  (opens once; press Enter here for another address)`
      : 'window      not built: run npm run build',
  )
  if (rendererDir) offerFreshAddresses(controlPlane, print)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await controlPlane.stop()
}

/** The folder that `npm run build` puts the window into, beside this bundle. */
export function builtRenderer(): string | undefined {
  const folder = fileURLToPath(new URL('../renderer', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

/** An address lets one browser in, once; who has the terminal may have more. */
function offerFreshAddresses(controlPlane: ControlPlane, print: (line: string) => void): void {
  if (!process.stdin.isTTY) return
  process.stdin.on('data', () => print(`window      ${controlPlane.windowUrl()}`))
  process.stdin.unref()
}
