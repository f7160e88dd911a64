import { shortened } from '../lib/json-text.ts'
import { ConfigError } from './config-error.ts'

/** In characters, for Linux gives a process no longer text in bytes (MAX_ARG_STRLEN). */
const MAX_EXPANDED = 128 * 1024

/**
 * Replaces `$(NAME)` by its value; `$$` is a plain `$`, and a name that is not known stays as written.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go.
 * @throws ConfigError when it becomes longer than any process may be given: values that name each other twice grow fast
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  // Behind the last bracket there is no name: looking for the end of each one would go through all of the rest
  const end = text.lastIndexOf(')') + 1
  let length = text.length
  const replaced = text
    .slice(0, end)
    .replace(/\$(?:(\$)|\(([^)]*)\))/g, (written, dollar: string | undefined, name: string) => {
      const value = dollar ? '$' : (values.get(name) ?? written)
      length += value.length - written.length
      if (length > MAX_EXPANDED && value.length > written.length) throw tooLong(text)
      return value
    })
  return replaced + text.slice(end).replaceAll('$$', () => '$')
}

function tooLong(text: string): ConfigError {
  return new ConfigError(
    `"${shortened(text, 60)}" becomes longer than ${MAX_EXPANDED} characters, more than Linux gives a process: put it into a file (a ConfigMap's volume)`,
  )
}
