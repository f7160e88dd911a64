import { Functions } from '../overloads.ts'
import { addresses } from './addresses.ts'
import { conversions } from './conversions.ts'
import { formats } from './formats.ts'
import { lists } from './lists.ts'
import { operators } from './operators.ts'
import { optionals } from './optionals.ts'
import { quantities } from './quantity.ts'
import { strings } from './strings.ts'
import { times } from './times.ts'
import { urls } from './urls.ts'
import { versions } from './versions.ts'

/** CEL's own functions, and those that Kubernetes adds to them. */
export const library = new Functions([
  ...operators, conversions, strings, lists, ...times, optionals, quantities, urls, addresses, versions, formats,
]) // prettier-ignore

/** Functions of Kubernetes, or of newer versions of it, that are none of this library's. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'image', 'isImage', 'identifier', 'registry', 'repository', 'tag', 'digest', 'authorizer', 'distinct', 'flatten',
  'reverse', 'slice', 'sort', 'sortBy', 'first', 'last', 'bind', 'block',
  'serviceAccount', 'path', 'group', 'resource', 'check', 'allowed',
  'greatest', 'least', 'encode', 'decode', 'range',
]) // prettier-ignore

/** The first one that an expression calls. */
export function functionElsewhere(expression: string): string | undefined {
  for (const [, name = ''] of expression.matchAll(/\b(\w+)\s*\(/g)) if (ELSEWHERE.has(name)) return name
  return undefined
}

export function isKnownElsewhere(name: string): boolean {
  return ELSEWHERE.has(name)
}
