/**
 * The lines of a NeDB data file, as Coxswain writes them:
 *
 *     {"_id":"registry/pods/shop/web-1","c":12,"m":57,"v":"{…}"}    a key's value, createRevision and modRevision
 *     {"$$deleted":true,"_id":"registry/pods/shop/web-1"}           the key is gone
 *     {"_id":"#revision","m":58}                                    the counter, where no value carries it any more
 *
 * The value is a string, not an object, because NeDB refuses field names with dots.
 */
const COUNTER = '#revision'

export type Line =
  | { type: 'put'; key: string; value: string; createRevision: number; modRevision: number }
  | { type: 'delete'; key: string }
  | { type: 'counter'; revision: number }

/**
 * NeDB's reader takes these for line ends, JSON leaves them as they are: unescaped, an object with one of them in an
 * annotation would make the file unreadable. They can only be inside strings.
 */
const LINE_ENDS = new RegExp('[\\u0085\\u2028\\u2029]', 'g')

export function escapeLineEnds(line: string): string {
  return line.replace(LINE_ENDS, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Without the newline. */
export function formatLine(line: Line): string {
  switch (line.type) {
    case 'put': {
      const { key, value, createRevision, modRevision } = line
      return escapeLineEnds(JSON.stringify({ _id: key, c: createRevision, m: modRevision, v: value }))
    }
    case 'delete':
      return escapeLineEnds(JSON.stringify({ $$deleted: true, _id: line.key }))
    case 'counter':
      return JSON.stringify({ _id: COUNTER, m: line.revision })
  }
}

/** @returns undefined for anything that is not one of our lines, whole and undamaged as far as can be seen */
export function parseLine(text: string): Line | undefined {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof raw !== 'object' || raw === null) return undefined
  const { $$deleted: deleted, _id: key, c, m, v } = raw as Record<string, unknown>
  if (typeof key !== 'string') return undefined
  if (deleted === true) return { type: 'delete', key }
  if (!isRevision(m)) return undefined
  if (key === COUNTER) return { type: 'counter', revision: m }
  if (!isRevision(c) || typeof v !== 'string') return undefined
  return { type: 'put', key, value: v, createRevision: c, modRevision: m }
}

/**
 * What a line says but for its value, without reading that: for lines that NeDB reads as a whole anyway. Lines that
 * `parseLine` takes are taken here too.
 */
export function parseHead(text: string): Line | undefined {
  // Quotes inside a JSON string are escaped, so this can only be the field itself.
  const value = text.indexOf(',"v":"')
  return parseLine(value === -1 ? text : `${text.slice(0, value)},"v":""}`)
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
