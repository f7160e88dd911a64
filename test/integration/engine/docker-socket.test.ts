import { createLocalEngine } from '../../../src-main/engine/docker/docker-engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { lab } from '../lab.ts'
import { engineContract } from './contract.ts'
import { labImages } from './lab-server.ts'

engineContract('Docker through a unix socket', async () => {
  const engine = createLocalEngine({
    socketPath: `${lab.env.dir}/n1/shared/docker.sock`,
    logger: silentLogger,
  })
  return { ...labImages(lab.env), engine, close: () => engine.close() }
})
