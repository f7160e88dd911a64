import type { Ingress, IngressClass } from '../../../api/types.ts'
import type { IngressProblem } from './model.ts'

/** `spec.controller` of the IngressClasses that are ours. */
export const CONTROLLER = 'coxswain.io/ingress'
const OLD_CLASS = 'kubernetes.io/ingress.class'
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class'

/** The Ingresses that we answer for, the oldest first. One of a class that nobody has made is told. */
export function ownIngresses(
  ingresses: readonly Ingress[],
  classes: readonly IngressClass[],
  problems: IngressProblem[],
): Ingress[] {
  const byName = new Map(classes.map(each => [each.metadata.name, each]))
  const fallback = classes.find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
  const isOwn = (ingress: Ingress): boolean => {
    const { metadata, spec } = ingress
    if (metadata.deletionTimestamp) return false
    const name = spec.ingressClassName ?? metadata.annotations?.[OLD_CLASS]
    const found = name ? byName.get(name) : fallback
    if (found) return found.spec.controller === CONTROLLER
    if (name) {
      problems.push({
        ingress,
        reason: 'NoSuchClass',
        message: `There is no IngressClass ${name}, so that nothing answers for this Ingress. Leave the class out, name the class coxswain, or make an IngressClass ${name} with the controller ${CONTROLLER}.`,
      })
    }
    return !name
  }
  return ingresses.filter(isOwn).sort(byAge)
}

/** The older of two that want the same keeps it. */
function byAge(a: Ingress, b: Ingress): number {
  const age = ({ metadata }: Ingress) =>
    `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`
  return age(a) < age(b) ? -1 : 1
}
