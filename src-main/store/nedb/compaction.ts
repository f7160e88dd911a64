import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from './damage.ts'
import { DataFile, type Span } from './data-file.ts'
import { formatLine } from './line.ts'

/** A data file without the outdated lines, in the making. Writes to the old one may go on meanwhile. */
export class Compaction {
  readonly #path: string
  readonly #source: DataFile
  readonly #target: DataFile
  readonly #spans: readonly Span[]
  readonly #boundary: number
  #copiedTo: number
  #tailStart = 0
  #newOffsets: number[] = []

  private constructor(path: string, source: DataFile, target: DataFile, spans: readonly Span[]) {
    this.#path = path
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
  static async begin(path: string, source: DataFile, live: Iterable<Span>): Promise<Compaction> {
    const spans = [...live].sort((a, b) => a.offset - b.offset)
    const target = await DataFile.open(`${path}~`, 'w+')
    return new Compaction(path, source, target, spans)
  }

  /** Copies the lines, byte by byte, and then what was appended meanwhile. */
  async copy(revision: number): Promise<void> {
    for await (const group of this.#source.read(
      this.#spans.map(({ offset, length }) => ({ offset, length })),
    )) {
      const start = await this.#target.append(Buffer.concat(group.map(({ bytes }) => bytes)))
      let offset = start
      for (const { span } of group) {
        this.#newOffsets.push(offset)
        offset += span.length
      }
    }
    await this.#target.append(Buffer.from(`${formatLine({ type: 'counter', revision })}\n`))
    this.#tailStart = this.#target.size
    await this.#copyTail()
  }

  /**
   * Takes the old file's place; nothing may be written meanwhile.
   * @returns the new file, and a function that moves the spans (to be called at once)
   */
  async finish(): Promise<{ file: DataFile; move(live: Iterable<Span>): void }> {
    await this.#copyTail()
    await rename(`${this.#path}~`, this.#path)
    return { file: this.#target, move: live => this.#move(live) }
  }

  async abandon(): Promise<void> {
    await this.#target.retire()
    await rm(`${this.#path}~`, { force: true })
  }

  async #copyTail(): Promise<void> {
    const end = this.#source.size
    await this.#target.appendFrom(this.#source, this.#copiedTo, end)
    this.#copiedTo = end
  }

  #move(live: Iterable<Span>): void {
    // Lines behind the boundary first: afterwards both kinds of offsets would look alike.
    for (const span of live) {
      if (span.offset >= this.#boundary) span.offset += this.#tailStart - this.#boundary
    }
    this.#spans.forEach((span, index) => (span.offset = this.#newOffsets[index] ?? span.offset))
  }
}

export function syncDirectoryOf(path: string): Promise<void> {
  return syncDirectory(dirname(path))
}
