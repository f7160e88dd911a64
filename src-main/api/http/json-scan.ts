import { badRequest, StatusError } from '../../lib/errors.ts'
import type { Pause } from '../../lib/turn.ts'

/** Deeper documents are refused before anything recursive sees them. No Kubernetes kind comes near. */
export const MAX_DEPTH = 128
/** More members and elements than this only serve to keep the server busy: the largest objects have less than 25,000. */
export const MAX_VALUES = 32_000
/** So many are looked at from one look at the clock to the next. */
const PORTION = 1_000
/** As many are named as Kubernetes names; more only make the reply long. */
export const MAX_DUPLICATES = 100

/** An object or an array that the scan is in. */
interface Level {
  /** Keys seen so far; undefined in an array. */
  keys?: Set<string>
  /** The member that the scan is at, in an object. */
  key: string
  /** The element that the scan is at, in an array. */
  index: number
}

/**
 * Looks through valid JSON text for what JSON.parse hides: keys given twice, how deep it goes, how much there is.
 * @param pause lets others have their turn, now and then
 * @returns the paths of the keys that came again, such as `spec.template.spec.containers[0].image`
 * @throws StatusError BadRequest when the nesting is deeper than MAX_DEPTH, RequestEntityTooLarge
 */
export async function duplicateKeys(text: string, pause?: Pause): Promise<string[]> {
  const duplicates: string[] = []
  const levels: Level[] = []
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1)
    switch (text[at]) {
      case '{':
      case '[':
        if (levels.length === MAX_DEPTH) throw tooDeep()
        levels.push({ keys: text[at] === '{' ? new Set() : undefined, key: '', index: 0 })
        break
      case '}':
      case ']':
        levels.pop()
        break
      case ',':
        if (++values > MAX_VALUES) throw tooMany()
        if (values % PORTION === 0) await pause?.()
        if (level) level.index++
        break
      case '"': {
        const end = endOfString(text, at)
        if (level?.keys && isKey(text, end)) {
          level.key = keyIn(text, at, end)
          if (level.keys.has(level.key) && duplicates.length < MAX_DUPLICATES) duplicates.push(pathOf(levels))
          level.keys.add(level.key)
        }
        at = end - 1
      }
    }
  }
  return duplicates
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .map(({ keys, key, index }) => (keys ? `.${key}` : `[${index}]`))
    .join('')
    .replace(/^\./, '')
}

function keyIn(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
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

export function tooDeep(): StatusError {
  return badRequest(`the body is nested deeper than ${MAX_DEPTH} levels`)
}

export function tooMany(): StatusError {
  return new StatusError(
    'RequestEntityTooLarge',
    `Request entity too large: it has more than ${MAX_VALUES} members and elements`,
  )
}
