import { setFlagsFromString } from 'node:v8'
import type { Clock } from './clock.ts'
import type { Dispose } from './disposer.ts'

/** How often the changes are counted, in ms. */
const INTERVAL_MS = 2_000
/** Changes a second from which on requests would meet the collections. */
const BUSY = 100
/** The garbage of old objects may become three times as large as what is in use. */
const ROOM_PERCENT = 300

interface HeapRoomOptions {
  /** A count of changes that only grows. */
  changes(): number
  clock: Clock
  /** Sets a flag of V8 for the collections to come. */
  setFlag?(flag: string): void
}

/**
 * Lets the heap grow while many changes are made. By itself V8 plans full collections so that they take 3 % of the time
 * (`kTargetMutatorUtilization` of its memory controller), however small the heap is: with 30,000 pods and 1,000 changes
 * a second one every six seconds, in which requests wait for 0.2 s. In quiet times the heap stays as small as V8 makes it.
 */
export function giveHeapRoom({ changes, clock, setFlag = setFlagsFromString }: HeapRoomOptions): Dispose {
  let counted = changes()
  let given = false
  const give = (room: boolean) => {
    if (room === given) return
    given = room
    setFlag(`--heap-growing-percent=${room ? ROOM_PERCENT : 0}`)
  }
  const count = () => {
    const now = changes()
    give(now - counted >= (BUSY * INTERVAL_MS) / 1000)
    counted = now
    cancel = clock.after(INTERVAL_MS, count)
  }
  let cancel = clock.after(INTERVAL_MS, count)
  return () => {
    cancel()
    give(false)
  }
}
