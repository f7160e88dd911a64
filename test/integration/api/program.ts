import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { parse } from 'yaml'
import { readReply, type Reply } from '../../reply.ts'
import { deployment } from '../kubectl/playground.ts'
import { waitFor } from '../lab.ts'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'

export interface Sent {
  accept?: string
  type?: string
  /** Objects go as JSON, text and bytes as they are. */
  body?: unknown
  headers?: Record<string, string>
}

/** A program with a kubeconfig of its own that speaks HTTP as it likes: what a client sends can be sent again. */
export interface Program {
  /** https://127.0.0.1:… */
  server: string
  send(method: string, path: string, sent?: Sent): Promise<Reply>
  get(path: string, accept?: string): Promise<Reply>
  /** A response that goes on, in pieces as they come. */
  stream(path: string): Promise<{ text(): string; close(): void }>
  socket(path: string, protocols?: string[], headers?: Record<string, string>): Promise<Socket>
  close(): void
}

export interface Socket {
  /** The subprotocol that the server chose. */
  protocol: string
  /** Everything so far. */
  messages: Buffer[]
  send(data: Buffer): void
  closed: Promise<number>
  close(): void
}

/** @param always headers of every request */
export async function program(kubeconfig: string, always: Record<string, string> = {}): Promise<Program> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
    users: [{ user: { token: string } }]
  }
  const [{ cluster }, { user }] = [config.clusters[0], config.users[0]]
  const { server, 'certificate-authority-data': authority } = cluster
  const ca = Buffer.from(authority, 'base64').toString()
  const agent = new Agent({ keepAlive: true, ca })
  const authorization = { Authorization: `Bearer ${user.token}` }

  const open = (method: string, path: string, { accept, type, body, headers }: Sent = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const bytes =
        body === undefined || Buffer.isBuffer(body)
          ? body
          : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      // node gives the length of a DELETE's body to nobody by itself
      const about = bytes
        ? { 'Content-Type': type ?? 'application/json', 'Content-Length': bytes.length }
        : {}
      request(
        server + path,
        {
          method,
          agent,
          headers: {
            ...authorization,
            ...always,
            ...(accept ? { Accept: accept } : {}),
            ...about,
            ...headers,
          },
        },
        resolve,
      )
        .on('error', reject)
        .end(bytes)
    })

  const send: Program['send'] = async (method, path, sent) => readReply(await open(method, path, sent))

  return {
    server,
    send,
    get: (path, accept) => send('GET', path, { accept }),
    async stream(path) {
      const response = await open('GET', path)
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', () => undefined)
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`)
      return { text: () => text, close: () => response.destroy() }
    },
    async socket(path, protocols = [], headers = {}) {
      const websocket = new WebSocket(server.replace(/^http/, 'ws') + path, protocols, {
        ca,
        headers: { ...authorization, ...always, ...headers },
      })
      const messages: Buffer[] = []
      websocket.on('message', data => messages.push(data as Buffer))
      const closed = new Promise<number>(resolve => websocket.on('close', resolve))
      await new Promise((resolve, reject) => websocket.on('open', resolve).on('error', reject))
      return {
        protocol: websocket.protocol,
        messages,
        send: data => websocket.send(data),
        closed,
        close: () => websocket.close(),
      }
    },
    close: () => agent.destroy(),
  }
}

/** The first message or piece of text that is as wanted. */
export async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  let found: T | undefined
  await waitFor(what, () => (found = find()) !== undefined)
  return found as T
}

/** A program at a playground of two servers with a Deployment `shop`, and one of its three pods. */
export async function programAtShop(
  always: Record<string, string>,
): Promise<{ cox: Cox; program: Program; pod: string }> {
  const cox = await createCox(['--playground', '2'])
  try {
    await waitForReadyNodes(cox, 2)
    await cox.apply(deployment('shop', { replicas: 3 }))
    await cox.kubectl('rollout', 'status', 'deployment/shop', '--timeout=60s')
    const names = await cox.kubectl('get', 'pods', '-l', 'app=shop', '-o', 'name')
    const pod = names.split('\n')[0]?.slice('pod/'.length) ?? ''
    return { cox, program: await program(cox.kubeconfig, always), pod }
  } catch (error) {
    await cox.dispose()
    throw error
  }
}

export function succeeded(reply: Reply): Reply {
  expect(reply.code, reply.text).toBeLessThan(300)
  return reply
}
