import { NGINX } from '../../../api/kinds/ingress-annotations.ts'
import type { Ingress } from '../../../api/types.ts'
import type { Tell } from './model.ts'

/** Reads an Ingress' annotations; a value that makes no sense is told, and is as if it were not there. */
export class Annotations {
  readonly #values: Readonly<Record<string, string>>
  readonly #tell: Tell

  constructor({ metadata }: Ingress, tell: Tell) {
    this.#values = metadata.annotations ?? {}
    this.#tell = tell
  }

  /** By nginx's name, or by a whole one. */
  text(name: string): string | undefined {
    const value = this.#values[name.includes('/') ? name : `${NGINX}${name}`]?.trim()
    return value === '' ? undefined : value
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? undefined : value === 'true'
    return this.wrong(name, 'true or false')
  }

  /** A whole number from `first` to `last`. */
  number(name: string, first: number, last: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= first && number <= last) return number
    return this.wrong(name, `a whole number from ${first} to ${last}`)
  }

  /** Seconds as Caddy writes them; nginx takes a plain number or one with a unit. */
  seconds(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    return /^[1-9]\d{0,5}s?$/.test(value)
      ? `${value.replace('s', '')}s`
      : this.wrong(name, 'seconds, such as 60')
  }

  /** What is separated by commas. */
  list(name: string): string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map(each => each.trim())
      .filter(Boolean)
  }

  wrong(name: string, wanted: string): undefined {
    this.#tell('BadAnnotation', `The annotation ${name} has to be ${wanted}; it has no effect.`)
    return undefined
  }

  tell(reason: string, message: string): void {
    this.#tell(reason, message)
  }
}
