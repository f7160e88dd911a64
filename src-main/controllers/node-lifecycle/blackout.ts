import type { Node } from '../../api/types.ts'
import { isSilent } from './taints.ts'

/** How many servers are silent, and whether that many together say more about this computer than about them. */
export interface Outage {
  silent: number
  total: number
  isBlackout: boolean
}

/**
 * More than half of the servers silent at a time is a blackout: this computer has lost its own connection.
 *
 *   1 of 2, 1 of 3, 2 of 4  →  the servers' own trouble
 *   1 of 1, 2 of 3, 3 of 4  →  a blackout
 */
export function outageOf(nodes: readonly Node[]): Outage {
  const silent = nodes.filter(isSilent).length
  return { silent, total: nodes.length, isBlackout: silent * 2 > nodes.length }
}

/** What to tell on the silent nodes. */
export function blackoutMessage({ silent, total }: Outage): string {
  const who = total === 1 ? 'The only server is silent' : `${silent} of ${total} servers are silent together`
  return `${who}: most likely it is this computer's own connection. Nothing is evicted; check this computer's network.`
}
