import { createSimulatedEngine } from '../engine/simulated/simulated-engine.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { milliCpu, units } from '../lib/quantity.ts'
import { engineLink } from './local-connector.ts'
import type { Connector } from './link.ts'

const DEFAULT_CPU = '4'
const DEFAULT_MEMORY = '8Gi'

/** The playground's servers: one simulated engine per Server name, which lives as long as this process. */
export function createSimulatedConnector({ clock }: { clock: Clock }): Connector {
  const engines = new Map<string, Engine>()
  return {
    async connect(server) {
      const { name } = server.metadata
      const engine =
        engines.get(name) ??
        createSimulatedEngine({
          clock,
          hostName: name,
          cpus: milliCpu(server.spec.simulated?.cpu ?? DEFAULT_CPU) / 1000,
          memoryBytes: units(server.spec.simulated?.memory ?? DEFAULT_MEMORY),
        })
      engines.set(name, engine)
      return { ...engineLink(engine, '127.0.0.1'), close: () => undefined }
    },
  }
}
