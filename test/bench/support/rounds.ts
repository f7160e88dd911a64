import { medianOf, printTable } from './figures.ts'
import { inParallel, Latencies } from './latencies.ts'

export interface Load {
  server: { cpuSeconds(): Promise<number> }
  count: number
  clients: number
  /** How many are begun a second: as many as the clients manage. */
  perSecond?: number
}

interface Round {
  latencies: Latencies
  rate: number
  cpuMs: number
}

/** What one contender was asked, round after round. A figure is the median of the rounds'. */
export class Contest {
  readonly #rounds: Round[] = []

  add(round: Round): void {
    this.#rounds.push(round)
  }

  /** Of the latency, in ms. */
  at(share: number): number {
    return this.#median(({ latencies }) => latencies.at(share))
  }

  /** Requests a second. */
  get rate(): number {
    return this.#median(({ rate }) => rate)
  }

  /** Processor time of the server for one request, in ms. */
  get cpuMs(): number {
    return this.#median(({ cpuMs }) => cpuMs)
  }

  cells(): string[] {
    const p99s = this.#rounds.map(({ latencies }) => latencies.at(0.99))
    return [
      this.at(0.5).toFixed(2),
      this.at(0.99).toFixed(2),
      `${Math.min(...p99s).toFixed(2)} to ${Math.max(...p99s).toFixed(2)}`,
      this.rate.toFixed(0),
      this.cpuMs.toFixed(2),
    ]
  }

  #median(of: (round: Round) => number): number {
    return medianOf(this.#rounds.map(of))
  }
}

/** Contenders that take turns, so that a busy moment of the machine hits all of them. */
export class Contests {
  readonly #contests = new Map<string, Contest>()

  /** Puts `load` on a contender once, doing `work`; false for a round that is only to warm up. */
  async round(what: string, load: Load, counts: boolean, work: (index: number) => Promise<unknown>) {
    const { server, count, clients, perSecond } = load
    const latencies = new Latencies()
    const before = await server.cpuSeconds()
    const timed = (index: number, due: number) => latencies.measure(() => work(index), due)
    const rate = await inParallel(count, clients, timed, perSecond)
    const cpuMs = (((await server.cpuSeconds()) - before) * 1000) / count
    if (counts) this.of(what).add({ latencies, rate, cpuMs })
  }

  of(what: string): Contest {
    const known = this.#contests.get(what) ?? new Contest()
    this.#contests.set(what, known)
    return known
  }

  print(): void {
    const rows = [...this.#contests].map(([what, contest]) => [what, ...contest.cells()])
    printTable(['ms', 'p50', 'p99', "rounds' p99", 'a second', "server's CPU each"], rows)
  }
}
