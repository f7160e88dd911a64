import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { loadIdentity } from '../../../src-main/api/auth/identity.ts'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { serve } from './server-process.ts'

/** Runs in a process of its own: Node's server and nothing else, which answers everything with as many bytes. */
export async function serveBytes(dataDir: string, bytes: number): Promise<void> {
  const { server, authority, token } = await loadIdentity(dataDir, systemClock)
  const body = Buffer.alloc(bytes, 'x')
  const listening = createServer({ cert: server.certificate, key: server.key }, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes }).end(body)
  }).listen(0, '127.0.0.1', () => {
    const { port } = listening.address() as AddressInfo
    serve({ address: `https://127.0.0.1:${port}`, authority, token })
  })
}
