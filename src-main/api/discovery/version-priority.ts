const FORM = /^v(\d+)(?:(alpha|beta)(\d+))?$/
const STAGES = ['alpha', 'beta', undefined]

/**
 * Sorts versions by how much clients should like them: `v2`, `v1`, `v2beta1`, `v1alpha3`, then those of other forms by
 * name. Source: apimachinery pkg/version/helpers.go, CompareKubeAwareVersionStrings.
 */
export function byPriority(a: string, b: string): number {
  const [one, other] = [rank(a), rank(b)]
  if (!one || !other) return one ? -1 : other ? 1 : a < b ? -1 : Number(a > b)
  return other.stage - one.stage || other.major - one.major || other.minor - one.minor
}

function rank(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = FORM.exec(version)
  if (!match) return undefined
  const [, major, stage, minor = 0] = match
  return { stage: STAGES.indexOf(stage), major: Number(major), minor: Number(minor) }
}
