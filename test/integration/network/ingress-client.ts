import { execFile } from 'node:child_process'
import type { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { lab } from '../lab.ts'

const run = promisify(execFile)

/** curl at one server, which need not be known by the host's name. */
export async function curl(n: number, url: string, ...args: string[]): Promise<string> {
  const { hostname } = new URL(url)
  const resolve = [80, 443].flatMap(port => ['--resolve', `${hostname}:${port}:${lab.env.host(n)}`])
  return (await run('curl', ['-sS', '-k', '--max-time', '5', ...resolve, ...args, url])).stdout
}

/** The version of the lab's web application that answers. */
export async function versionAt(n: number, url: string): Promise<string> {
  return (JSON.parse(await curl(n, url)) as { version: string }).version
}

export function certificateAt(n: number, host: string): Promise<X509Certificate | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: lab.env.host(n), port: 443, servername: host, rejectUnauthorized: false })
    socket.once('error', reject).once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
  })
}

/** A WebSocket to the pod `ECHO`, which has answered. */
export async function openSocket(n: number, scheme: 'ws' | 'wss' = 'ws'): Promise<WebSocket> {
  const host = 'echo.example.org'
  // which the types do not have
  const options = { headers: { host }, servername: host, rejectUnauthorized: false }
  const socket = new WebSocket(`${scheme}://${lab.env.host(n)}/`, options)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const answer = await echo(socket, 'hello')
  if (answer !== 'hello') throw new Error(`the answer to hello was ${answer}`)
  return socket
}

export function echo(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) reject(new Error('the socket is closed'))
    socket.once('message', data => resolve((data as Buffer).toString())).once('close', reject)
    socket.send(text)
  })
}
