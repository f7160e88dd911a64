/** Clients are dealt to so many slots by a hash of their address, and slots to endpoints. */
export const SLOTS = 256

/**
 * Which endpoint serves each slot: the one of the highest hash of slot and endpoint (rendezvous hashing, Thaler and
 * Ravishankar 1996). So every server sends a client to the same endpoint, also after a reboot, and when one of N
 * endpoints goes, only its own clients move.
 *
 * @returns for each slot the index of its endpoint
 */
export function slotsFor(endpoints: readonly string[]): number[] {
  return Array.from({ length: SLOTS }, (_, slot) => {
    let best = 0
    let highest = -1
    endpoints.forEach((endpoint, index) => {
      const hash = fnv1a(`${slot} ${endpoint}`)
      if (hash > highest) {
        highest = hash
        best = index
      }
    })
    return best
  })
}

/** FNV-1a with a final mix: of texts that differ in one digit only, plain FNV-1a would order too many alike. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
