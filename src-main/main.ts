import { startControlPlane } from './control-plane.ts'
import { runDesktop } from './desktop/desktop-app.ts'
import { systemClock } from './lib/clock.ts'
import { createLogger } from './lib/logger.ts'
import { builtRenderer } from './serve.ts'

const logger = await createLogger(process.env.COXSWAIN_LOG)

await runDesktop({
  start: ({ dataDir, keyProvider }) =>
    startControlPlane({ dataDir, keyProvider, rendererDir: builtRenderer(), clock: systemClock, logger }),
})
