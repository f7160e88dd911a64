/**
 * `JSON.stringify` for people: of a text longer than that only the beginning, with an ellipsis, without printing the rest
 * first. `value` is plain JSON data.
 * @param max in characters
 */
export function jsonText(value: unknown, max: number): string {
  const printer = new Printer(max)
  printer.value(value)
  return shortened(printer.text, max)
}

/** The text, or its beginning with an ellipsis. */
export function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text
}

/** Stops as soon as there is more than asked for. */
class Printer {
  text = ''
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  value(value: unknown): void {
    if (typeof value === 'string') this.text += JSON.stringify(value.slice(0, this.#max + 1))
    else if (Array.isArray(value)) this.#list(value)
    else if (typeof value === 'object' && value !== null) this.#object(value)
    else this.text += JSON.stringify(value) ?? 'null'
  }

  #list(items: readonly unknown[]): void {
    let mark = '['
    for (const item of items) {
      if (this.text.length > this.#max) return
      this.text += mark
      mark = ','
      this.value(item)
    }
    this.text += items.length > 0 ? ']' : '[]'
  }

  #object(object: object): void {
    let mark = '{'
    for (const name of Object.keys(object)) {
      if (this.text.length > this.#max) return
      const member = (object as Record<string, unknown>)[name]
      if (member === undefined) continue
      this.text += mark
      this.value(name)
      this.text += ':'
      mark = ','
      this.value(member)
    }
    this.text += mark === ',' ? '}' : '{}'
  }
}
