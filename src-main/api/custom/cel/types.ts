/** A type as the checker knows it. `fields` are those of an object of a schema. */
export interface Type {
  readonly name: string
  readonly args: readonly Type[]
  readonly fields?: ReadonlyMap<string, Type>
  /** Stands for any one type within a signature: `T`. */
  readonly isParameter?: true
}

const simple = (name: string): Type => ({ name, args: [] })

export const types = {
  dyn: simple('dyn'),
  bool: simple('bool'),
  int: simple('int'),
  uint: simple('uint'),
  double: simple('double'),
  string: simple('string'),
  bytes: simple('bytes'),
  null: simple('null_type'),
  type: simple('type'),
  timestamp: simple('google.protobuf.Timestamp'),
  duration: simple('google.protobuf.Duration'),
} satisfies Record<string, Type>

/** Types that an expression may name, as in `type(self.port) == int`. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(types).map(({ name }) => name),
  'list', 'map', 'optional_type', 'kubernetes.Quantity', 'kubernetes.URL', 'kubernetes.Semver', 'net.IP', 'net.CIDR',
]) // prettier-ignore

export const listOf = (element: Type): Type => ({ name: 'list', args: [element] })
export const mapOf = (key: Type, value: Type): Type => ({ name: 'map', args: [key, value] })
export const optionalOf = (value: Type): Type => ({ name: 'optional_type', args: [value] })
export const objectOf = (fields: ReadonlyMap<string, Type>): Type => ({ name: 'object', args: [], fields })

/** As in cel-go's errors: `list(map(string, int))`. */
export function formatType({ name, args }: Type): string {
  return args.length > 0 ? `${name}(${args.map(formatType).join(', ')})` : name
}

/** What the parameters of a signature stand for in one call. */
export type Bindings = Map<string, Type>

/** Whether a value of the type `actual` may be where `wanted` is asked for. Of `dyn` that shows only when it is there. */
export function isAssignable(wanted: Type, actual: Type, bindings: Bindings = new Map()): boolean {
  if (wanted.isParameter) {
    const bound = bindings.get(wanted.name)
    if (!bound) bindings.set(wanted.name, actual)
    else {
      const joined = join(bound, actual)
      if (!joined) return false
      bindings.set(wanted.name, joined)
    }
    return true
  }
  if (wanted === types.dyn || actual === types.dyn) return true
  if (actual === types.null) return mayBeNull(wanted)
  if (wanted.name !== actual.name || wanted.args.length !== actual.args.length) return false
  return wanted.args.every((arg, index) => isAssignable(arg, actual.args[index] as Type, bindings))
}

/** The more general one of two types; undefined when there is none. */
export function join(a: Type, b: Type): Type | undefined {
  if (a === b) return a
  if (a === types.dyn || b === types.dyn) return types.dyn
  if (a === types.null) return mayBeNull(b) ? b : undefined
  if (b === types.null) return mayBeNull(a) ? a : undefined
  if (a.name !== b.name || a.args.length !== b.args.length) return undefined
  if (a.fields) return sameFields(a, b) ? a : undefined
  const args = a.args.map((arg, index) => join(arg, b.args[index] as Type))
  return args.every(arg => arg !== undefined) ? { name: a.name, args } : undefined
}

/** Objects of two places are of one type when they have the same fields. */
function sameFields(a: Type, b: Type): boolean {
  if (a.fields?.size !== b.fields?.size) return false
  for (const name of a.fields?.keys() ?? []) if (!b.fields?.has(name)) return false
  return true
}

function mayBeNull(type: Type): boolean {
  return (
    type === types.null ||
    type.fields !== undefined ||
    type.name.includes('.') ||
    type.name === 'optional_type'
  )
}

/** A signature's type with what its parameters stand for. */
export function substitute(type: Type, bindings: Bindings): Type {
  if (type.isParameter) return bindings.get(type.name) ?? types.dyn
  if (type.args.length === 0) return type
  return { ...type, args: type.args.map(arg => substitute(arg, bindings)) }
}

/** Whether only the value itself will tell what it is. */
export function isDynamic(type: Type): boolean {
  return type === types.dyn
}

/** Reads `list<T>` as signatures have it; a single capital letter is a parameter. */
export function parseType(text: string): Type {
  const [, name = '', inner] = /^([\w.]+)(?:<(.*)>)?$/.exec(text.trim()) ?? []
  if (/^[A-Z]$/.test(name)) return { name, args: [], isParameter: true }
  if (inner !== undefined) {
    const full = name === 'optional' ? 'optional_type' : name
    return { name: full, args: splitTypes(inner).map(parseType) }
  }
  return types[name as keyof typeof types] ?? simple(name)
}

/** Splits at the commas that are in no brackets. */
export function splitTypes(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,\s*(?![^<]*>)/)
}
