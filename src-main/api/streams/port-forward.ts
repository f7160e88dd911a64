import type { Duplex, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { badRequest, errorMessage, StatusError } from '../../lib/errors.ts'
import type { ApiRequest } from '../http/exchange.ts'
import { requireObject } from '../http/read.ts'
import type { ResourceTarget } from '../http/target.ts'
import type { Pod } from '../types.ts'

export type DialPort = (port: number) => Promise<Duplex>

/**
 * Reads which pod's ports are to be forwarded.
 * @returns connects to one of them
 * @throws StatusError BadRequest, NotFound, ServiceUnavailable
 */
export function portForwardRequest(request: ApiRequest, target: ResourceTarget): DialPort {
  const pod = requireObject(request, target) as Pod
  const { name } = pod.metadata
  const { streams } = request.services
  if (!pod.spec.nodeName) throw badRequest(`pod ${name} does not have a host assigned`)
  if (pod.status?.phase !== 'Running')
    throw badRequest(
      `unable to forward port because pod is not running. Current status=${pod.status?.phase ?? 'Pending'}`,
    )
  if (!streams?.portForward)
    throw new StatusError('ServiceUnavailable', 'this server has no pods whose ports could be forwarded')
  return port => streams.portForward?.(pod, port) ?? Promise.reject(new Error('no streams'))
}

/** @returns undefined for what is no port */
export function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port > 0 && port <= 65_535 ? port : undefined
}

/** The client's side of one forwarded connection. */
export interface ForwardChannels {
  data: Duplex
  /** Text on it is a failure; its end is that of the connection. */
  error: Writable
}

/**
 * Carries one connection to a pod, each direction at the pace of the slower side. When the pod has no more to say,
 * both channels end: kubectl waits for that before it closes its own side. Never rejects.
 */
export async function forwardConnection(
  { data, error }: ForwardChannels,
  dial: () => Promise<Duplex>,
): Promise<void> {
  let socket: Duplex | undefined
  try {
    socket = await dial()
    await carry(data, socket)
  } catch (failure) {
    if (!error.destroyed) error.write(errorMessage(failure))
    data.resume().end()
  } finally {
    error.end()
    socket?.destroy()
  }
}

/** Resolves when the pod's side has ended, rejects when either breaks off. */
async function carry(client: Duplex, pod: Duplex): Promise<void> {
  client.once('error', () => pod.destroy())
  client.once('close', () => pod.destroy())
  pod.on('error', () => undefined) // told by `finished`
  client.pipe(pod)
  pod.pipe(client)
  await finished(pod, { writable: false }).catch((error: unknown) => {
    if (!client.destroyed) throw error // else it was us who broke it off
  })
  client.unpipe(pod).resume()
  await finished(client, { readable: false }).catch(() => undefined)
}
