import { createDockerEngine } from '../../../src-main/engine/docker/docker-engine.ts'
import type { Engine } from '../../../src-main/engine/engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { connectSsh } from '../../../src-main/ssh/connect.ts'
import { TunnelAgent } from '../../../src-main/ssh/tunnel-agent.ts'
import { lab } from '../lab.ts'

/** A lab server's engine as Coxswain reaches it: pods' addresses can be dialled. */
export async function openSshEngine(server: number): Promise<{ engine: Engine; close(): void }> {
  const connection = await connectSsh(
    { host: lab.env.host(server), user: 'root', identityFile: lab.env.key },
    { logger: silentLogger, agentSocket: 'none', configFile: '/nonexistent' },
  )
  const agent = new TunnelAgent(connection, '/var/run/docker.sock')
  const dial = (host: string, port: number) => connection.openTcp(host, port)
  const engine = createDockerEngine({ agent, dial, logger: silentLogger })
  return {
    engine,
    close() {
      engine.close()
      agent.destroy()
      connection.end()
    },
  }
}
