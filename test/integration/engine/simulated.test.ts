import { systemClock } from '../../../src-main/lib/clock.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { engineContract } from './contract.ts'

engineContract('simulated', async () => {
  const engine = createSimulatedEngine({
    clock: systemClock,
    cpus: 4,
    memoryBytes: 8 * 2 ** 30,
    hostName: 'sim-1',
    images: ['debian:bookworm-slim'],
  })
  return {
    engine,
    image: 'debian:bookworm-slim',
    pullable: 'nginx:1.27',
    missing: 'nginx:missing',
    unauthorized: 'private.example.com/web:1',
    auth: { username: 'sailor', password: 'ahoy', serverAddress: 'private.example.com' },
    unreachable: 'unreachable.example.com/web:1',
    running: { environment: ['COXSWAIN_SIM_LOG_EVERY=50'] },
    exitsWith: code => ({ environment: ['COXSWAIN_SIM_EXIT_AFTER=5', `COXSWAIN_SIM_EXIT_CODE=${code}`] }),
    stubborn: { environment: ['COXSWAIN_SIM_STOP_AFTER=never'] },
    close: () => engine.close(),
  }
})
