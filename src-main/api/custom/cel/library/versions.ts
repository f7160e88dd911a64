import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { Opaque } from '../values.ts'

const FORM =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/

/** What is built in does not count when versions are compared. */
class Semver extends Opaque {
  readonly type = 'kubernetes.Semver'
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint]
  readonly prerelease: readonly string[]

  constructor(numbers: [bigint, bigint, bigint], prerelease: string[]) {
    super()
    this.numbers = numbers
    this.prerelease = prerelease
  }

  get key(): string {
    return `${this.numbers.join('.')}-${this.prerelease.join('.')}`
  }
}

/** @param normalize take off a `v`, and leading zeros, and add the parts that are left out */
function parse(text: string, normalize: boolean): Semver | undefined {
  if (text.length > 1000) return undefined
  const match = FORM.exec(normalize ? normalized(text) : text)
  if (!match) return undefined
  const [major = '', minor = '', patch = ''] = match.slice(1, 4)
  return new Semver([BigInt(major), BigInt(minor), BigInt(patch)], match[4]?.split('.') ?? [])
}

function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/s.exec(text) ?? []
  const parts = numbers.split('.').map(part => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

/** @throws EvaluationError */
function semver(text: string, normalize: boolean): Semver {
  const version = parse(text, normalize)
  if (!version)
    throw new EvaluationError(`Invalid character(s) found in version number ${JSON.stringify(text)}`)
  return version
}

function compare(a: Semver, b: Semver, budget: Budget): bigint {
  budget.spend(a.key.length + b.key.length)
  for (const index of [0, 1, 2] as const) {
    if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] < b.numbers[index] ? -1n : 1n
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return BigInt(Math.sign(b.prerelease.length - a.prerelease.length))
  }
  for (let index = 0; index < Math.min(a.prerelease.length, b.prerelease.length); index++) {
    const order = compareParts(a.prerelease[index] ?? '', b.prerelease[index] ?? '')
    if (order !== 0n) return order
  }
  return BigInt(Math.sign(a.prerelease.length - b.prerelease.length))
}

/** Numbers by their size, before all else, which goes by the alphabet. */
function compareParts(a: string, b: string): bigint {
  if (a === b) return 0n
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (left && right) return BigInt(a) < BigInt(b) ? -1n : 1n
  if (left !== right) return left ? -1n : 1n
  return a < b ? -1n : 1n
}

/** Source: kubernetes apiserver pkg/cel/library/semverlib.go. */
export const versions: FunctionTable = {
  'isSemver(string): bool': (text: string) => parse(text, false) !== undefined,
  'isSemver(string, bool): bool': (text: string, normalize: boolean) => parse(text, normalize) !== undefined,
  'semver(string): kubernetes.Semver': (text: string) => semver(text, false),
  'semver(string, bool): kubernetes.Semver': semver,
  'kubernetes.Semver.major(): int': ({ numbers }: Semver) => numbers[0],
  'kubernetes.Semver.minor(): int': ({ numbers }: Semver) => numbers[1],
  'kubernetes.Semver.patch(): int': ({ numbers }: Semver) => numbers[2],
  'kubernetes.Semver.compareTo(kubernetes.Semver): int': compare,
  'kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool': (a: Semver, b: Semver, budget: Budget) =>
    compare(a, b, budget) > 0n,
  'kubernetes.Semver.isLessThan(kubernetes.Semver): bool': (a: Semver, b: Semver, budget: Budget) =>
    compare(a, b, budget) < 0n,
}
