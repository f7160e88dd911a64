import { randomUUID } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'

/** In the environment of a command and of what it starts, so that they can be found again. */
const MARK = 'COXSWAIN_EXEC'

/**
 * Tells all that carries the mark that its terminal is gone, as a closed one would: what was started with `nohup`
 * stays. The command itself (its parent is outside of the container) must end.
 */
const HANG_UP = `
marked() { for p in /proc/[0-9]*; do grep -q "$1" $p/environ 2>/dev/null && echo \${p#/proc/}; done; }
for p in $(marked "$1"); do kill -HUP $p; done
sleep 2
for p in $(marked "$1"); do grep -q '^PPid:[[:space:]]*0$' /proc/$p/status && kill -KILL $p; done
`

/** The means to end a command whose client went away. */
export interface Hangup {
  /** Goes into the environment of the command. */
  mark: string
  /** @throws EngineError */
  hangUp(): Promise<void>
}

/**
 * Docker goes on with a command whose connection is closed, and has no call that ends it. So a second command in the
 * same container does: it needs a shell and `grep` there, and does nothing to an image without them.
 */
export function createHangup(engine: Engine, containerId: string): Hangup {
  const mark = `${MARK}=${randomUUID()}`
  return {
    mark,
    async hangUp() {
      // `sh -c` itself is not marked: the mark is in its arguments only
      const session = await engine.exec(containerId, { command: ['sh', '-c', HANG_UP, 'sh', mark] })
      await session.exitCode()
    },
  }
}
