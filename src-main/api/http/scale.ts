import type { KubeObject } from '../types.ts'
import type { Exchange } from './exchange.ts'
import { printed } from './printed.ts'
import { sendObject } from './read.ts'
import type { ResourceTarget } from './target.ts'
import type { Writer } from './write.ts'

export async function handleGetScale(exchange: Exchange, target: ResourceTarget): Promise<void> {
  await sendObject(exchange, 200, printed(target), scaleWriter(exchange, target).read())
}

/** The writer of a workload's `scale`: what is written is a Scale. */
export function scaleWriter({ services }: Exchange, { kind, name, namespace }: ResourceTarget): Writer {
  const { registry } = services
  const key = { name, namespace }
  return {
    read: () => registry.getScale(kind, key) as unknown as KubeObject,
    write: async (document, options) =>
      (await registry.updateScale(kind, key, document, options)) as unknown as KubeObject,
  }
}
