import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Starts the Chromium of the system, with more of its command line's options. */
export async function startBrowser(options: readonly string[] = []): Promise<Browser> {
  const executablePath = PLACES.find(place => existsSync(place))
  if (!executablePath) throw new Error('There is no Chromium: apt-get install chromium.')
  // root has no user namespace to sandbox with
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args: [...sandbox, ...options] })
}
