const ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/**
 * JSON byte for byte as Go's encoder writes a map: keys in order of their bytes, `<`, `>` and `&` escaped, a newline
 * at the end. kubectl compares the last applied manifest as text: any other spelling of it looks like a change.
 */
export function goJson(value: unknown): string {
  return `${encode(value).replace(/[<>&\u2028\u2029]/g, character => ESCAPES[character] ?? character)}\n`
}

function encode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  // an object would put keys that look like numbers first
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${encode(inner)}`).join(',')}}`
}
