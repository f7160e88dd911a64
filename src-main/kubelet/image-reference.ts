/** Source of the grammar: github.com/distribution/reference, regexp.go. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const HOST =
  '(?:localhost|[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:[0-9])|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?'
const REFERENCE = new RegExp(
  `^(?:(${HOST})/)?(${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]{32,}))?$`,
)

export interface ImageReference {
  /** `docker.io` unless said. */
  registry: string
  /** With Docker Hub's `library/`. */
  repository: string
  tag?: string
  digest?: string
}

/** @returns undefined when the text is no image reference */
export function parseImageReference(text: string): ImageReference | undefined {
  const match = REFERENCE.exec(text)
  if (!match) return undefined
  const [, host, path = '', tag, digest] = match
  const registry = host ?? 'docker.io'
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, tag: tag ?? (digest ? undefined : 'latest'), digest }
}
