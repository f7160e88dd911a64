export type PathStep = string | number

/**
 * A field path as the API's errors name it, in steps: `spec.containers[0].image` → spec, containers, 0, image;
 * `metadata.labels[app.kubernetes.io/name]` → metadata, labels, app.kubernetes.io/name. A number in brackets is given
 * as a number; whoever walks an object takes it as a key.
 */
export function parseFieldPath(path: string): PathStep[] {
  const steps: PathStep[] = []
  for (const match of path.matchAll(/\[("?)([^\]]*?)\1\]|([^.[\]]+)/g)) {
    const step = match[2] ?? match[3] ?? ''
    steps.push(match[2] !== undefined && /^\d+$/.test(step) ? Number(step) : step)
  }
  return steps
}

/** The field paths that a message of strict decoding names: `unknown field "spec.replicass"`. */
export function fieldsInMessage(message: string): { field: string; message: string }[] {
  return [...message.matchAll(/((?:unknown|duplicate) field) "([^"]+)"/g)].map(match => ({
    field: match[2] ?? '',
    message: `${match[1]} "${match[2]}"`,
  }))
}
