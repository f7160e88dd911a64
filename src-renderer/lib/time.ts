const STEPS: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]

/** A span in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [unit, size] = STEPS.find(([, step]) => seconds >= step) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}

/** The local date and time to the second, for tooltips. */
export function formatInstant(time: string | number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toLocaleString()
}
