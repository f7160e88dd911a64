import { isJsonObject } from '../../lib/json.ts'

/** Removes the fields at the given paths (`spec.containers[0].foo`), in place. A path that is not there is passed over. */
export function pruneFields(object: unknown, paths: readonly string[]): void {
  for (const path of paths) prune(object, path)
}

/** Keys may themselves contain dots (`data.nginx.conf`): the longest key that the object has is taken. */
function prune(value: unknown, path: string): void {
  const element = /^\[([^\]]*)\]\.?/.exec(path)
  if (element) {
    const [step, key = ''] = element
    const rest = path.slice(step.length)
    if (Array.isArray(value)) prune(value[Number(key)], rest)
    else if (isJsonObject(value)) prune(value[key], rest)
    return
  }
  if (!isJsonObject(value)) return
  if (Object.hasOwn(value, path)) {
    delete value[path]
    return
  }
  const key = Object.keys(value)
    .filter(candidate => path.startsWith(`${candidate}.`) || path.startsWith(`${candidate}[`))
    .sort((a, b) => b.length - a.length)[0]
  if (key === undefined) return
  const rest = path.slice(key.length)
  prune(value[key], rest.startsWith('.') ? rest.slice(1) : rest)
}
