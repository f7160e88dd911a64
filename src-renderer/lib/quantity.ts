const FACTORS: Record<string, number> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
} // prettier-ignore

/** A Kubernetes quantity (`100m`, `1.5Gi`) as a number, for bars and sums; 0 for an absent or unreadable one. */
export function amount(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(quantity).trim())
  const factor = FACTORS[match?.[2] ?? '']
  return match && factor !== undefined ? Number(match[1]) * factor : 0
}

/** Cores with at most two decimals: `0.25`, `16`. */
export function formatCores(cores: number): string {
  return String(Math.round(cores * 100) / 100)
}

/** Bytes in the binary unit that leaves one to four digits: `512 Mi`, `15.5 Gi`. */
export function formatBytes(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0
  const value = bytes / 2 ** (10 * power)
  return `${value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power]}`.trim()
}
