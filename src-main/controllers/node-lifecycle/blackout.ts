import type { Node } from '../../api/types.ts'
import { isSilent, readyStatus } from './taints.ts'

/** How many servers are silent, and whether that many together say more about this computer than about them. */
export interface Outage {
  silent: number
  /** They answered when last heard of, but are not well: silence of theirs would be no news. */
  notReady: number
  total: number
  isBlackout: boolean
}

/**
 * More than half of the servers silent at a time is a blackout: this computer has lost its own connection. Those that are
 * not ready count on neither side: it takes a while until one whose Docker had stopped is found silent too.
 *
 *   1 of 2, 1 of 3, 2 of 4  →  the servers' own trouble
 *   1 of 1, 2 of 3, 3 of 4  →  a blackout
 */
export function outageOf(nodes: readonly Node[]): Outage {
  const silent = nodes.filter(isSilent).length
  const notReady = nodes.filter(node => readyStatus(node) === 'False').length
  const total = nodes.length
  return { silent, notReady, total, isBlackout: silent * 2 > total - notReady }
}

/** What to tell on the silent nodes. */
export function blackoutMessage(outage: Outage): string {
  const who = whoIsSilent(outage)
  return `${who}: most likely it is this computer's own connection. Nothing is evicted; check this computer's network.`
}

function whoIsSilent({ silent, notReady, total }: Outage): string {
  if (total === 1) return 'The only server is silent'
  if (notReady === 0) return `${silent} of ${total} servers are silent together`
  return `${silent} of ${total} servers silent, ${notReady} more not ready`
}
