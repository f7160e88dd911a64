import type { KubeObject } from '../types.ts'
import type { Exchange } from './exchange.ts'
import { sendJson } from './respond.ts'
import type { ResourceTarget } from './target.ts'
import type { Writer } from './write.ts'

export async function handleGetScale(
  exchange: Exchange,
  { kind, name, namespace }: ResourceTarget,
): Promise<void> {
  await sendJson(exchange, 200, exchange.services.registry.getScale(kind, { name, namespace }))
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
