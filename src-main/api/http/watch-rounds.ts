import { setTimeout as pause } from 'node:timers/promises'
import { turn } from '../../lib/turn.ts'
import { EventLines } from './event-lines.ts'

/** One who has something to write to its watcher. */
interface Writer {
  write(lines: EventLines): void
}

/** After so many ms of writing everything else has its turn. */
const PORTION_MS = 10

let due = new Set<Writer>()
let running = false

/**
 * Has `writer` write in the next round, which begins at the end of the current turn if none is under way. A thousand
 * watchers take longer to be written to than a change takes to be made; so that changes are still made meanwhile, a
 * round is followed by a rest of half its length, and what happens in the meantime goes out together.
 */
export function inNextRound(writer: Writer): void {
  due.add(writer)
  if (running) return
  running = true
  queueMicrotask(() => void run())
}

async function run(): Promise<void> {
  const lines = new EventLines()
  while (due.size > 0) {
    const round = due
    due = new Set()
    let took = 0
    let began = performance.now()
    for (const writer of round) {
      writer.write(lines)
      const now = performance.now()
      if (now - began < PORTION_MS) continue
      took += now - began
      await turn()
      began = performance.now()
    }
    took += performance.now() - began
    if (took >= 2) await pause(took / 2)
    else if (due.size > 0) await turn()
  }
  running = false
}
