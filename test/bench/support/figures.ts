/** One column of a benchmark: a contender and its seconds, one a round. */
export type Series = Map<string, number[]>

export function note(series: Series, contender: string, value: number): void {
  series.set(contender, [...(series.get(contender) ?? []), value])
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2
}

/** Prints contender, median, each run, and how many times as long `reference` takes. */
export function printSeconds(title: string, series: Series, reference: string): void {
  const base = medianOf(series.get(reference) ?? [])
  const rows = [...series].map(([contender, values]) => [
    contender,
    medianOf(values).toFixed(2),
    (medianOf(values) / base).toFixed(2),
    values.map(value => value.toFixed(2)).join('  '),
  ])
  console.log(`\n${title}`)
  printTable(['', 'median s', `× ${reference}`, 'runs'], rows)
}

export function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map(row => (row[column] ?? cell).length)),
  )
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** Says whether an aim is met; a benchmark reports and does not judge, so nothing fails. */
export function printAim(aim: string, met: boolean): void {
  console.log(`${met ? 'met' : 'MISSED'}: ${aim}`)
}
