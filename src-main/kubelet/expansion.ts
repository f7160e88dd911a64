/**
 * Replaces `$(NAME)` by its value; `$$` is a plain `$`, and a name that is not known stays as written.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  // Behind the last bracket there is no name: looking for the end of each one would go through all of the rest
  const end = text.lastIndexOf(')') + 1
  const replaced = text
    .slice(0, end)
    .replace(/\$(?:(\$)|\(([^)]*)\))/g, (written, dollar: string | undefined, name: string) =>
      dollar ? '$' : (values.get(name) ?? written),
    )
  return replaced + text.slice(end).replaceAll('$$', () => '$')
}
