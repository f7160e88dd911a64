import type { ServerLink } from './link.ts'

export type Opinion =
  /** A server reaches it: the trouble is between this computer and it. */
  | { verdict: 'reached'; by: string }
  /** At least one server answered, and none reaches it. */
  | { verdict: 'unreachable'; askedOf: string[] }
  /** Nobody could be asked. */
  | { verdict: 'none' }

/**
 * Asks the other servers, each through its own connection, whether they reach `host:port`.
 * Ends as soon as one does.
 * @param timeoutMs per server
 */
export async function secondOpinion(
  peers: ReadonlyMap<string, ServerLink>,
  target: { host: string; port: number },
  timeoutMs: number,
): Promise<Opinion> {
  const asked = [...peers].map(async ([name, link]) => ({
    name,
    reached: await link.canReach(target.host, target.port, timeoutMs),
  }))
  const first = await Promise.any(
    asked.map(async asking => {
      const { name, reached } = await asking
      if (!reached) throw new Error(`${name} does not reach it`)
      return name
    }),
  ).catch(() => undefined)
  if (first) return { verdict: 'reached', by: first }
  const answers = await Promise.allSettled(asked)
  const askedOf = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value.name] : []))
  return askedOf.length > 0 ? { verdict: 'unreachable', askedOf } : { verdict: 'none' }
}
