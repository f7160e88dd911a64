import { isJsonObject, type JsonObject, setMember } from '../lib/json.ts'
import type { CommonParts } from './common-parts.ts'
import type { StoredObject } from './object-store.ts'
import { keepText } from './object-text.ts'

/**
 * An object on its way to the disk: its text, and what readers get of it once it is there. The resourceVersion is the
 * key's modRevision and nothing else, so it is not in the text.
 */
export class WrittenObject {
  readonly text: string
  readonly #members: Readonly<JsonObject>
  readonly #metadata: Readonly<JsonObject>
  /** Of the text that is before metadata's closing brace. */
  readonly #length: number

  /**
   * @param previous the stored version that it replaces: members that both have are shared
   * @param common what is shared with other objects
   */
  constructor(object: StoredObject, previous: StoredObject | undefined, common: CommonParts) {
    const { resourceVersion: _, ...metadata } = object.metadata
    const stored = previous as object as JsonObject | undefined
    const members: JsonObject = {}
    let text = ''
    let length = 0
    for (const [name, value] of Object.entries({ ...object, metadata })) {
      if (value === undefined) continue
      const member =
        value === stored?.[name] ? { value, text: JSON.stringify(value) } : writtenMember(value, common)
      setMember(members, name, member.value)
      text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${member.text}`
      if (name === 'metadata') length = text.length - 1
    }
    this.text = `${text}}`
    this.#length = length
    this.#members = members
    this.#metadata = members.metadata as JsonObject
  }

  /** As `decode(text, revision)`, without reading the text. */
  at(revision: number): StoredObject {
    const resourceVersion = String(revision)
    const metadata = Object.freeze({ ...this.#metadata, resourceVersion })
    const object = Object.freeze({ ...this.#members, metadata }) as object as StoredObject
    const { text } = this
    keepText(
      object,
      `${text.slice(0, this.#length)},"resourceVersion":"${resourceVersion}"${text.slice(this.#length)}`,
    )
    return object
  }
}

/** A stored text as an object, deeply frozen. @throws SyntaxError */
export function decode(text: string, revision: number, common: CommonParts): StoredObject {
  const object = JSON.parse(text) as StoredObject & JsonObject
  object.metadata.resourceVersion = String(revision)
  for (const member of Object.values(object)) {
    if (!isJsonObject(member)) continue
    for (const [name, part] of Object.entries(member)) {
      if (typeof part !== 'object' || part === null) continue
      setMember(
        member,
        name,
        common.get(JSON.stringify(part), () => deepFreeze(part)),
      )
    }
  }
  return deepFreeze(object)
}

/** A frozen object at another revision. */
export function atRevision(object: StoredObject, revision: number): StoredObject {
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: String(revision) })
  return Object.freeze({ ...object, metadata })
}

/** A member of an object as it is stored, and its text. Its own members may be other objects' too. */
function writtenMember(value: unknown, common: CommonParts): { value: unknown; text: string } {
  if (!isJsonObject(value)) return { value: frozenCopy(value), text: JSON.stringify(value) }
  const copy: JsonObject = {}
  let text = ''
  for (const name of Object.keys(value)) {
    const part = value[name]
    if (part === undefined) continue
    const partText = JSON.stringify(part)
    const isSmall = typeof part !== 'object' || part === null
    setMember(copy, name, isSmall ? frozenCopy(part) : common.get(partText, () => frozenCopy(part)))
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${partText}`
  }
  return { value: Object.freeze(copy), text: `{${text}}` }
}

/** What JSON.parse makes of the value's text, deeply frozen. */
function frozenCopy(value: unknown): unknown {
  // no -0, and nothing infinite
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (Array.isArray(value)) return Object.freeze(value.map(item => frozenCopy(item) ?? null))
  if (!isJsonObject(value)) return value
  const copy: JsonObject = {}
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member !== undefined) setMember(copy, name, frozenCopy(member))
  }
  return Object.freeze(copy)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
