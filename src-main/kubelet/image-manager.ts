import type { EventRecorder } from '../api/events.ts'
import type { Container, Pod, Secret } from '../api/types.ts'
import { EngineError, type Engine, type EngineImage, type RegistryAuth } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { BackOff } from './back-off.ts'
import { ContainerProblem, isNoAnswer } from './container-problem.ts'
import { parseImageReference } from './image-reference.ts'
import { credentialsFor } from './pull-secrets.ts'

export interface ImageManagerOptions {
  engine: Engine
  events: EventRecorder
  clock: Clock
}

/**
 * Brings a container's image onto the server as its pull policy says. What the engine has is asked once an image and
 * remembered until an image event; one pull serves all who wait for it.
 */
export class ImageManager {
  readonly #options: ImageManagerOptions
  readonly #backOff: BackOff
  readonly #known = new Map<string, Promise<EngineImage | undefined>>()
  readonly #pulls = new Map<string, Promise<EngineImage>>()

  constructor(options: ImageManagerOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.clock)
  }

  /** Images came or went: ask again. */
  forget(): void {
    this.#known.clear()
  }

  /**
   * @param pullSecrets the pod's imagePullSecrets, as far as they exist
   * @throws ContainerProblem with the reason to show; EngineError when the engine gave no answer
   */
  async ensure(pod: Pod, container: Container, pullSecrets: readonly Secret[]): Promise<EngineImage> {
    const name = container.image ?? ''
    const { events } = this.#options
    if (!parseImageReference(name)) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format`
      events.event(pod, 'Warning', 'InspectFailed', message)
      throw new ContainerProblem('InvalidImageName', message)
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent'
    const present = policy === 'Always' ? undefined : await this.#inspect(name)
    if (present) {
      events.event(pod, 'Normal', 'Pulled', `Container image "${name}" already present on machine`)
      return present
    }
    if (policy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`
      events.event(pod, 'Warning', 'ErrImageNeverPull', message)
      throw new ContainerProblem('ErrImageNeverPull', message)
    }
    return this.#pullWithBackOff(pod, name, pullSecrets)
  }

  /** When the image may be tried again, in ms since the epoch; 0: at once. */
  retryAt(pod: Pod, container: Container): number {
    return this.#backOff.until(backOffKey(pod, container.image ?? ''))
  }

  #inspect(name: string): Promise<EngineImage | undefined> {
    const known = this.#known.get(name)
    if (known) return known
    const asked = this.#options.engine.inspectImage(name)
    this.#known.set(name, asked)
    const drop = () => {
      if (this.#known.get(name) === asked) this.#known.delete(name)
    }
    asked.then(image => image ?? drop(), drop)
    return asked
  }

  async #pullWithBackOff(pod: Pod, name: string, pullSecrets: readonly Secret[]): Promise<EngineImage> {
    const { events, clock } = this.#options
    const key = backOffKey(pod, name)
    if (this.#backOff.until(key)) {
      events.event(pod, 'Normal', 'BackOff', `Back-off pulling image "${name}"`)
      throw new ContainerProblem('ImagePullBackOff', `Back-off pulling image "${name}"`)
    }
    events.event(pod, 'Normal', 'Pulling', `Pulling image "${name}"`)
    const startedAt = clock.now()
    try {
      const image = await this.#pullWithSecrets(name, pullSecrets)
      this.#backOff.forget(key)
      const seconds = ((clock.now() - startedAt) / 1000).toFixed(3)
      events.event(pod, 'Normal', 'Pulled', `Successfully pulled image "${name}" in ${seconds}s`)
      return image
    } catch (error) {
      if (isNoAnswer(error)) throw error
      this.#backOff.failed(key)
      const message = `Failed to pull image "${name}": ${errorMessage(error)}`
      events.event(pod, 'Warning', 'Failed', message)
      throw new ContainerProblem('ErrImagePull', message, error)
    }
  }

  async #pullWithSecrets(name: string, pullSecrets: readonly Secret[]): Promise<EngineImage> {
    let refusal: unknown
    const credentials: (RegistryAuth | undefined)[] = credentialsFor(name, pullSecrets)
    for (const auth of credentials.length > 0 ? credentials : [undefined]) {
      try {
        return await this.#pullOnce(name, auth)
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'registry-unauthorized') throw error
        refusal = error
      }
    }
    throw refusal
  }

  #pullOnce(name: string, auth: RegistryAuth | undefined): Promise<EngineImage> {
    const key = JSON.stringify([name, auth])
    let pull = this.#pulls.get(key)
    if (!pull) {
      pull = this.#options.engine.pullImage(name, auth ? { auth } : {}).finally(() => this.#pulls.delete(key))
      this.#pulls.set(key, pull)
    }
    return pull
  }
}

function backOffKey(pod: Pod, image: string): string {
  return `${pod.metadata.uid} ${image}`
}
