/**
 * Replaces `$(NAME)` by its value; `$$` is a plain `$`, and a name that is not known stays as written.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:(\$)|\(([^)]*)\))/g, (written, dollar: string | undefined, name: string) =>
    dollar ? '$' : (values.get(name) ?? written),
  )
}
