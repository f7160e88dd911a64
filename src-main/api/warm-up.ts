import type { Dispose } from '../lib/disposer.ts'
import { turn } from '../lib/turn.ts'
import { honouredKinds } from './kinds/honoured-kinds.ts'
import { type Kind, resourceOf } from './kinds/kind.ts'
import { prepareStructure } from './validation/structural.ts'

/**
 * Compiles the schemas of the kinds that are acted upon, so that the first object of each need not wait for that. In the
 * background, piece by piece: the server answers meanwhile. The other kinds are left until somebody uses them, for what
 * is compiled takes memory.
 */
export function warmUp(kinds: readonly Kind[]): Dispose {
  return compileInBackground(kinds.filter(kind => honouredKinds[resourceOf(kind)]?.honoured === 'acted upon'))
}

export function compileInBackground(kinds: readonly Kind[]): Dispose {
  let stopped = false
  const compile = async () => {
    for (const kind of kinds) {
      if (kind.storedAs) continue
      for (const _piece of prepareStructure(kind)) {
        await turn()
        if (stopped) return
      }
    }
  }
  void compile()
  return () => {
    stopped = true
  }
}
