import type { Clock } from './lib/clock.ts'

/** One Ctrl+C may arrive several times: from the terminal, from npm, and from what stands between. */
const SAME_MS = 2_000

export interface StopSignalOptions {
  clock: Clock
  process: Pick<NodeJS.Process, 'on'>
  /** Ends the process at once: one who asks again, later, has lost patience. */
  force: () => void
}

/** Resolves when the process is first told to stop. */
export function stopSignal({ clock, process, force }: StopSignalOptions): Promise<void> {
  return new Promise(resolve => {
    let first: number | undefined
    const told = () => {
      first ??= clock.now()
      if (clock.now() - first >= SAME_MS) force()
      resolve()
    }
    // never taken off: without a listener a signal ends the process in the middle of its stop
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, told)
  })
}
