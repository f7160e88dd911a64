/** What a filter looks at. */
export interface Filterable {
  name: string
  labels: Record<string, string>
  annotations: Record<string, string>
  state: string
  /** Everything the row shows, in lower case. */
  text: string
}

type Test = (row: Filterable) => boolean

const STATES: Record<string, readonly string[]> = {
  ok: ['ok'],
  ready: ['ok'],
  running: ['ok'],
  working: ['working'],
  pending: ['working'],
  failing: ['wrong'],
  failed: ['wrong'],
  wrong: ['wrong'],
  off: ['off'],
}

/**
 * A filter of words that must all match: `app=web` a label or annotation, `status:failing` a state (ok, working,
 * failing, off), `-word` none that contains it, anything else a part of what the row shows, its name or its labels.
 */
export function parseFilter(filter: string): Test {
  const tests = filter.trim().toLowerCase().split(/\s+/).filter(Boolean).map(parseWord)
  return row => tests.every(test => test(row))
}

function parseWord(word: string): Test {
  if (word.startsWith('-') && word.length > 1) {
    const test = parseWord(word.slice(1))
    return row => !test(row)
  }
  const state = /^status:(.*)$/.exec(word)?.[1]
  if (state !== undefined) {
    const wanted = STATES[state]
    return wanted ? row => wanted.includes(row.state) : row => row.text.includes(state)
  }
  const [, key, value] = /^([^=]+)=(.*)$/.exec(word) ?? []
  if (key !== undefined && value !== undefined) {
    return row => has(row.labels, key, value) || has(row.annotations, key, value)
  }
  return row => row.text.includes(word) || row.name.includes(word) || hasText(row.labels, word)
}

function has(map: Record<string, string>, key: string, value: string): boolean {
  return Object.entries(map).some(([k, v]) => k.toLowerCase() === key && v.toLowerCase() === value)
}

function hasText(map: Record<string, string>, word: string): boolean {
  return Object.entries(map).some(([k, v]) => `${k}=${v}`.toLowerCase().includes(word))
}
