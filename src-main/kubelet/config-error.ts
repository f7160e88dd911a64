/** Something that a container's configuration names is missing; it shows as `CreateContainerConfigError`. */
export class ConfigError extends Error {
  readonly code = 'CreateContainerConfigError'

  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ConfigError'
  }
}
