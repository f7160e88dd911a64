import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import { call, open } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const portOf = (address: string) => Number(new URL(address).port)

/** Clients of every sort, each with an open connection. */
const clients: Record<string, (api: ServedApi) => Promise<unknown>> = {
  'has connected and not yet shaken hands': async ({ tls }) => {
    const socket = connectTcp(portOf(tls), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return once(socket, 'close')
  },
  'has shaken hands and not asked yet': async ({ tls, authority }) => {
    const socket = connectTls({ port: portOf(tls), host: '127.0.0.1', ca: authority })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    return once(socket, 'close')
  },
  'keeps its connection': api => call(api, '/api'),
  watches: async api => {
    const response = await open(api, '/api/v1/configmaps?watch=1')
    response.on('error', () => undefined)
    return new Promise(resolve => response.resume().on('close', resolve))
  },
}

it.each(Object.entries(clients))('ends at once with a client that %s', async (_, connect) => {
  const api = await serveApi()
  const ended: unknown[] = []
  const client = connect(api).then(end => ended.push(end))
  // what the client does first is done
  await call(api, '/version')
  await new Promise(resolve => setTimeout(resolve, 50))
  await api.stop()
  await client
  expect(ended).toHaveLength(1)
})
