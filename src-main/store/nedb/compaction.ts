import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, sleep } from '../../lib/clock.ts'
import { syncDirectory } from './damage.ts'
import { DataFile, type Span } from './data-file.ts'
import { formatLine } from './line.ts'

/** Bytes that are copied at a time. */
const PIECE = 1024 * 1024
/** After each piece the disk is left to the writes for this many times as long as the piece took. */
const REST = 3
/** What came in meanwhile is copied with rests for this many pieces; writes that outrun even that are held up. */
const TAIL_PIECES = 256

/** How a compaction goes easy on others. */
export interface Pace {
  clock: Clock
  /** Once it is aborted, there are no more rests. */
  hurry: AbortSignal
}

/** A data file without the outdated lines, in the making. Writes to the old one may go on meanwhile. */
export class Compaction {
  readonly #path: string
  readonly #source: DataFile
  readonly #target: DataFile
  readonly #spans: readonly Span[]
  readonly #boundary: number
  readonly #pace: Pace
  #copiedTo: number
  #tailStart = 0
  /** What was copied, and where it is in the new file. */
  readonly #copied: { span: Span; offset: number }[] = []

  private constructor(
    path: string,
    {
      source,
      target,
      spans,
      pace,
    }: { source: DataFile; target: DataFile; spans: readonly Span[]; pace: Pace },
  ) {
    this.#path = path
    this.#pace = pace
    this.#source = source
    this.#target = target
    this.#spans = spans
    this.#boundary = source.size
    this.#copiedTo = source.size
  }

  /**
   * @param path of the data file; the new one is `<path>~`, as NeDB names it, until it is complete
   * @param live the spans of all lines that still count, taken while nothing is being written
   */
  static async begin(path: string, source: DataFile, live: Iterable<Span>, pace: Pace): Promise<Compaction> {
    const spans = [...live]
    const target = await DataFile.open(`${path}~`, 'w+')
    return new Compaction(path, { source, target, spans, pace })
  }

  /** Copies the lines, byte by byte, and then what was appended meanwhile. */
  async copy(revision: number): Promise<void> {
    for (const portion of portionsOf(this.#spans)) await this.#copyPortion(portion)
    await this.#target.append(Buffer.from(`${formatLine({ type: 'counter', revision })}\n`))
    this.#tailStart = this.#target.size
    for (let piece = 1; this.#source.size - this.#copiedTo > PIECE; piece++) {
      const start = performance.now()
      await this.#copyTail(this.#copiedTo + PIECE)
      if (piece <= TAIL_PIECES) await this.#rest(start)
    }
  }

  async #copyPortion(portion: Span[]): Promise<void> {
    portion.sort((a, b) => a.offset - b.offset)
    let begun = performance.now()
    for await (const group of this.#source.read(portion)) {
      let offset = await this.#target.append(Buffer.concat(group.map(({ bytes }) => bytes)))
      for (const { span } of group) {
        this.#copied.push({ span, offset })
        offset += span.length
      }
      await this.#rest(begun)
      begun = performance.now()
    }
  }

  /**
   * Takes the old file's place; nothing may be written meanwhile.
   * @returns the new file, and a function that moves the spans (to be called at once)
   */
  async finish(): Promise<{ file: DataFile; move(live: Iterable<Span>): void }> {
    await this.#copyTail(this.#source.size)
    await rename(`${this.#path}~`, this.#path)
    return { file: this.#target, move: live => this.#move(live) }
  }

  async abandon(): Promise<void> {
    await this.#target.retire()
    await rm(`${this.#path}~`, { force: true })
  }

  /** @param begun when the piece was begun that has just been copied, in ms as `performance.now()` */
  async #rest(begun: number): Promise<void> {
    const { clock, hurry } = this.#pace
    if (!hurry.aborted) await sleep(clock, REST * (performance.now() - begun), hurry).catch(() => undefined)
  }

  async #copyTail(end: number): Promise<void> {
    await this.#target.appendFrom(this.#source, this.#copiedTo, end)
    this.#copiedTo = end
  }

  #move(live: Iterable<Span>): void {
    // Lines behind the boundary first: afterwards both kinds of offsets would look alike.
    for (const span of live) {
      if (span.offset >= this.#boundary) span.offset += this.#tailStart - this.#boundary
    }
    for (const { span, offset } of this.#copied) span.offset = offset
  }
}

/**
 * Spans by the piece of the file in which they begin, the pieces in order: to sort all spans of a large file at once
 * would keep the writes waiting.
 */
function portionsOf(spans: readonly Span[]): Span[][] {
  const portions = new Map<number, Span[]>()
  for (const span of spans) {
    const piece = Math.floor(span.offset / PIECE)
    const portion = portions.get(piece)
    if (portion) portion.push(span)
    else portions.set(piece, [span])
  }
  return [...portions].sort(([a], [b]) => a - b).map(([, portion]) => portion)
}

export function syncDirectoryOf(path: string): Promise<void> {
  return syncDirectory(dirname(path))
}
