import { parseNano } from '../../../../lib/quantity.ts'
import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { Opaque } from '../values.ts'
import { MAX_INT, MIN_INT } from './operators.ts'

const ONE = 1_000_000_000n

/** Exact, in billionths. */
class Quantity extends Opaque {
  readonly type = 'kubernetes.Quantity'
  readonly nano: bigint

  constructor(nano: bigint) {
    super()
    this.nano = nano
  }

  get key(): string {
    return String(this.nano)
  }

  get isInteger(): boolean {
    const whole = this.nano / ONE
    return this.nano % ONE === 0n && whole >= MIN_INT && whole <= MAX_INT
  }
}

/** As Go's parser: no blanks around it. */
function read(text: string): bigint | undefined {
  return text.trim() !== text ? undefined : parseNano(text)
}

function compare(a: Quantity, b: Quantity): bigint {
  return a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n
}

/** Source: kubernetes apiserver pkg/cel/library/quantity.go. */
export const quantities: FunctionTable = {
  'isQuantity(string): bool': (text: string) => read(text) !== undefined,
  'quantity(string): kubernetes.Quantity': (text: string, budget: Budget) => {
    budget.spend(20)
    const nano = read(text)
    if (nano === undefined) {
      throw new EvaluationError(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      )
    }
    return new Quantity(nano)
  },
  'kubernetes.Quantity.sign(): int': (a: Quantity) => compare(a, new Quantity(0n)),
  'kubernetes.Quantity.compareTo(kubernetes.Quantity): int': compare,
  'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool': (a: Quantity, b: Quantity) =>
    a.nano > b.nano,
  'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool': (a: Quantity, b: Quantity) => a.nano < b.nano,
  'kubernetes.Quantity.isInteger(): bool': (a: Quantity) => a.isInteger,
  'kubernetes.Quantity.asInteger(): int': (a: Quantity) => {
    if (!a.isInteger) throw new EvaluationError('cannot convert value to integer')
    return a.nano / ONE
  },
  'kubernetes.Quantity.asApproximateFloat(): double': (a: Quantity) => Number(a.nano) / Number(ONE),
  'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity': (a: Quantity, b: Quantity) =>
    new Quantity(a.nano + b.nano),
  'kubernetes.Quantity.add(int): kubernetes.Quantity': (a: Quantity, b: bigint) =>
    new Quantity(a.nano + b * ONE),
  'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity': (a: Quantity, b: Quantity) =>
    new Quantity(a.nano - b.nano),
  'kubernetes.Quantity.sub(int): kubernetes.Quantity': (a: Quantity, b: bigint) =>
    new Quantity(a.nano - b * ONE),
}
