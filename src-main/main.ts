import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startControlPlane } from './control-plane.ts'
import { defaultDataDir } from './data-dir.ts'
import { runDesktop } from './desktop/desktop-app.ts'
import { systemClock } from './lib/clock.ts'
import { makeFolder } from './lib/folders.ts'
import { createLogger } from './lib/logger.ts'
import { builtRenderer } from './serve.ts'

const logger = await createLogger(process.env.COXSWAIN_LOG)
// not strict: Chromium has options of its own
const { values } = parseArgs({
  args: process.argv.slice(1),
  options: { data: { type: 'string' } },
  strict: false,
})
const given = typeof values.data === 'string' ? values.data : process.env.COXSWAIN_DATA
const dataDir = resolve(given || defaultDataDir(process.env, process.platform))
// a folder of one's own is an instance of its own
const profileDir = given ? join(dataDir, 'window') : undefined
if (profileDir) await makeFolder(profileDir, 0o700)

// not awaited: Electron is ready only after this module has been evaluated (electron#40719)
runDesktop({
  dataDir,
  profileDir,
  start: keyProvider =>
    startControlPlane({ dataDir, keyProvider, rendererDir: builtRenderer(), clock: systemClock, logger }),
}).catch((error: unknown) => {
  logger.error({ err: error }, 'the window could not be opened')
  process.exit(1)
})
