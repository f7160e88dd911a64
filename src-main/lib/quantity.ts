/**
 * Kubernetes quantities (`100m`, `1.5Gi`, `2e3`): exact, as integers of thousandths.
 * Source: k8s.io/apimachinery/pkg/api/resource/quantity.go.
 */
const DECIMAL: Record<string, bigint> = {
  n: -9n, u: -6n, m: -3n, '': 0n, k: 3n, M: 6n, G: 9n, T: 12n, P: 15n, E: 18n,
} // prettier-ignore
/** As exact as anybody needs it: each digit more is one more of a number that has to be raised to its power. */
const MAX_LENGTH = 100
const BINARY: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n }
const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/

/**
 * The quantity in thousandths (milli-units), rounded up, as Kubernetes' `MilliValue()` does.
 * @returns undefined when the text is no quantity
 */
export function parseMilli(text: string | number): bigint | undefined {
  return parseIn(1000n, text)
}

/** The quantity in billionths, which is as exact as Kubernetes' are; undefined when the text is none. */
export function parseNano(text: string): bigint | undefined {
  return parseIn(1_000_000_000n, text)
}

function parseIn(parts: bigint, text: string | number): bigint | undefined {
  const written = String(text).trim()
  const match = written.length > MAX_LENGTH ? null : FORM.exec(written)
  if (!match) return undefined
  const [, sign, digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  let numerator = BigInt(whole + fraction || '0') * parts
  let denominator = 10n ** BigInt(fraction.length)
  const binary = BINARY[suffix]
  if (binary !== undefined) numerator <<= binary
  else {
    const exponent = DECIMAL[suffix] ?? BigInt(suffix.slice(1).replace('+', ''))
    if (exponent > 30n || exponent < -30n) return undefined
    if (exponent >= 0n) numerator *= 10n ** exponent
    else denominator *= 10n ** -exponent
  }
  const magnitude = (numerator + denominator - 1n) / denominator
  return sign === '-' ? -magnitude : magnitude
}

/** Milli-units (1000 = one core) of a CPU quantity; 0 for an absent or unreadable one. */
export function milliCpu(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : Number(parseMilli(quantity) ?? 0n)
}

/** Whole units (bytes for memory), rounded up; 0 for an absent or unreadable quantity. */
export function units(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0
  const milli = parseMilli(quantity) ?? 0n
  return Number((milli + 999n) / 1000n)
}

export function isQuantity(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && parseMilli(value) !== undefined
}

/** `1500` → `1500m`, `2000` → `2`. */
export function formatMilliCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${Math.round(milli)}m`
}

/** Bytes in Kubernetes' canonical binary form: the largest binary unit that divides them. */
export function formatBytes(bytes: number): string {
  for (const [suffix, power] of Object.entries(BINARY).reverse()) {
    const unit = 2 ** Number(power)
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`
  }
  return String(bytes)
}

/** Short forms that are canonical already, as most quantities that people write. */
const SHORT = /^[1-9]\d{0,2}(?:[mkMGTPE]|[KMGTP]i)?$/
const BINARY_UNITS = ['', ...Object.keys(BINARY)]
const DECIMAL_UNITS = Object.fromEntries(
  Object.entries(DECIMAL).map(([unit, power]) => [Number(power), unit]),
)
/** No quantity in binary units is larger. */
const MAX_BINARY = 2n ** 63n - 1n

/**
 * The one text of all that mean the same in one kind of unit: no fraction, and the largest unit that loses nothing.
 * `1000m` → `1`, `0.5` → `500m`, `0.5Gi` → `512Mi`, `1e4` → `10e3`. Quantities that mean the same in units of different
 * kinds keep their kind: `1000000` → `1M`, `1024Ki` → `1Mi`. Source: quantity.go, ParseQuantity and CanonicalizeBytes;
 * there a few odd forms, such as `+1` and `1.500`, are kept as they are.
 * @param places the digits after the point that count, rounded away from zero: the amounts of resource lists have 3
 * @returns undefined when the value is no quantity
 */
export function canonicalQuantity(quantity: string | number, places: 3 | 9 = 9): string | undefined {
  const text = String(quantity).trim()
  if (SHORT.test(text)) return text
  const one = 10n ** BigInt(places)
  let amount = parseIn(one, text)
  if (amount === undefined) return undefined
  if (amount === 0n) return '0'
  const [, , , suffix = ''] = FORM.exec(text) ?? []
  if (suffix in BINARY) {
    if (amount > MAX_BINARY * one) amount = MAX_BINARY * one
    if (amount < -MAX_BINARY * one) amount = -MAX_BINARY * one
    const whole = amount / one
    if (amount % one === 0n && (whole >= 1024n || whole <= -1024n)) {
      const { rest, times } = withoutFactor(whole, 1024n)
      return `${rest}${BINARY_UNITS[times]}`
    }
  }
  const { rest, times } = withoutFactor(amount, 10n)
  const power = times - places
  const above = ((power % 3) + 3) % 3
  const isExponent = /^[eE]./.test(suffix)
  return `${rest * 10n ** BigInt(above)}${decimalUnit(power - above, isExponent)}`
}

/** There is no unit above `E`. */
function decimalUnit(power: number, isExponent: boolean): string {
  const unit = isExponent && power !== 0 ? undefined : DECIMAL_UNITS[power]
  return unit ?? `e${power}`
}

function withoutFactor(value: bigint, factor: bigint): { rest: bigint; times: number } {
  let rest = value
  let times = 0
  for (; rest % factor === 0n; times++) rest /= factor
  return { rest, times }
}
