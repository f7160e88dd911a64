import type { Engine } from '../../../src-main/engine/engine.ts'
import type { ServerLink } from '../../../src-main/servers/link.ts'

export interface FakeLinkOptions {
  engine?: Engine
  /** What this server says about the others: reachable, not, or no answer. */
  opinion?: 'reaches' | 'does not reach' | 'no answer'
}

/** A link whose pulse and end the test decides. */
export function createFakeLink({ engine, opinion = 'no answer' }: FakeLinkOptions = {}) {
  const listeners = new Set<(why: string) => void>()
  const state = { alive: true, error: undefined as Error | undefined, pings: 0, closed: false }
  const link: ServerLink = {
    engine: engine as Engine,
    address: '192.0.2.1',
    async ping() {
      state.pings += 1
      if (state.error) throw state.error
      if (!state.alive) throw new Error('no answer')
    },
    async canReach() {
      if (opinion === 'no answer') throw new Error('the link is dead')
      return opinion === 'reaches'
    },
    onClosed(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => (state.closed = true),
  }
  const end = (why: string) => {
    for (const listener of [...listeners]) listener(why)
  }
  return { link, state, end }
}
