import { badRequest } from '../../lib/errors.ts'

/** Deeper documents are refused before anything recursive sees them. No Kubernetes kind comes near. */
export const MAX_DEPTH = 128

interface Level {
  /** Keys seen so far, in an object; the running index, in an array. */
  keys?: Set<string>
  index: number
  path: string
}

/**
 * Looks through valid JSON text for what JSON.parse hides: keys given twice, and how deep it goes.
 * @returns the paths of the keys that came again, such as `spec.template.spec.containers[0].image`
 * @throws StatusError BadRequest when the nesting is deeper than MAX_DEPTH
 */
export function duplicateKeys(text: string): string[] {
  const duplicates: string[] = []
  const levels: Level[] = []
  let path = ''
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1)
    switch (text[at]) {
      case '{':
      case '[': {
        if (levels.length === MAX_DEPTH)
          throw badRequest(`the body is nested deeper than ${MAX_DEPTH} levels`)
        const parent = level && !level.keys ? `${level.path}[${level.index}]` : path
        levels.push({ path: parent, index: 0, ...(text[at] === '{' ? { keys: new Set<string>() } : {}) })
        break
      }
      case '}':
      case ']':
        levels.pop()
        break
      case ',':
        if (level && !level.keys) level.index++
        break
      case '"': {
        const end = endOfString(text, at)
        if (level?.keys && isKey(text, end)) {
          const key = JSON.parse(text.slice(at, end)) as string
          path = level.path ? `${level.path}.${key}` : key
          if (level.keys.has(key)) duplicates.push(path)
          level.keys.add(key)
        }
        at = end - 1
      }
    }
  }
  return duplicates
}

/** The position after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function isKey(text: string, after: number): boolean {
  let at = after
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
  return text[at] === ':'
}
