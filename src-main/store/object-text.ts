/** How many objects' texts are kept, and how long they may be together, in characters. */
const MAX_TEXTS = 4096
const MAX_CHARACTERS = 8 * 1024 * 1024

const texts = new Map<object, string>()
let characters = 0

/**
 * A stored object as JSON. The text of those written or asked for last is kept: a change is turned into text once for
 * the disk, its writer and all its watchers. Stored objects are frozen, so a text never becomes wrong; the next version
 * is another object.
 */
export function jsonOf(object: object): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = JSON.stringify(object)
  if (Object.isFrozen(object)) keepText(object, text)
  return text
}

/** As `jsonOf`, without making room for the text: for a list, which would push out everything else. */
export function jsonInPassing(object: object): string {
  return texts.get(object) ?? JSON.stringify(object)
}

/** @param text what JSON.stringify makes of the frozen `object` */
export function keepText(object: object, text: string): void {
  texts.set(object, text)
  characters += text.length
  for (const [oldest, { length }] of texts) {
    if (texts.size <= MAX_TEXTS && characters <= MAX_CHARACTERS) return
    texts.delete(oldest)
    characters -= length
  }
}
