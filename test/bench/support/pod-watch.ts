import { KubeConfig, Watch, type V1Pod } from '@kubernetes/client-node'
import { Signalled } from './signalled.ts'

/** The pods of namespace default as a watch of the API tells them. */
export class PodWatch extends Signalled {
  readonly #pods = new Map<string, V1Pod>()
  #abort = new AbortController()

  static async open(kubeconfig: string): Promise<PodWatch> {
    const watch = new PodWatch()
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    const onEvent = (type: string, pod: V1Pod) => watch.#seen(type, pod)
    const path = '/api/v1/namespaces/default/pods'
    watch.#abort = await new Watch(config).watch(path, {}, onEvent, () => undefined)
    return watch
  }

  #seen(type: string, pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? ''
    if (type === 'DELETED') this.#pods.delete(uid)
    else this.#pods.set(uid, pod)
    this.changed()
  }

  /** Pods that are Running and Ready with this image, and are to stay. */
  running(image: string): number {
    return this.#staying().filter(
      ({ spec, status }) =>
        spec?.containers[0]?.image === image &&
        status?.phase === 'Running' &&
        status.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True'),
    ).length
  }

  /** Pods that are not being deleted. */
  get staying(): number {
    return this.#staying().length
  }

  #staying(): V1Pod[] {
    return [...this.#pods.values()].filter(({ metadata }) => !metadata?.deletionTimestamp)
  }

  protected describe(): string {
    return [...this.#pods.values()]
      .map(({ metadata, status }) => `${metadata?.name} ${status?.phase}`)
      .join(', ')
  }

  close(): void {
    this.#abort.abort()
  }
}
