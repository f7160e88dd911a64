import { waitForReadyNodes } from '../../integration/support/cluster.ts'
import { createCox, type Cox } from '../../integration/support/cox.ts'
import { serverManifests, webDeployment } from '../../integration/support/manifests.ts'
import { endLater, lab, pause, SERVERS } from './bench-lab.ts'
import { PodWatch } from './pod-watch.ts'

export const REPLICAS = 30
const SETTLE_MS = 2_000

/** A fresh `cox serve` with the lab's servers, and a watch of its pods. */
export interface Contestant {
  cox: Cox
  pods: PodWatch
}

export async function withCoxswain<T>(measure: (contestant: Contestant) => Promise<T>): Promise<T> {
  const cox = await createCox()
  const ended = endLater(() => cox.dispose())
  try {
    await cox.apply(serverManifests(lab.env, SERVERS.length))
    await waitForReadyNodes(cox, SERVERS.length)
    await pause(SETTLE_MS)
    const pods = await PodWatch.open(cox.kubeconfig)
    try {
      return await measure({ cox, pods })
    } finally {
      pods.close()
    }
  } finally {
    await cox.dispose()
    ended()
  }
}

/** `lab.env.web` with a tag: the image of everything that is measured. */
export function image(tag: string): string {
  return `${lab.env.web}:${tag}`
}

/** 30 replicas, replaced three at a time with the new ones first. */
export function deployment(): string {
  const surge = '  strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 0}}\n'
  return webDeployment({ image: image('1'), replicas: REPLICAS, spec: surge })
}

/** When the API says that 30 pods of this image are Running and no other is left to stay. */
export function allRunning(pods: PodWatch, tag: string, timeoutMs?: number): Promise<number> {
  const test = () => pods.running(image(tag)) === REPLICAS && pods.staying === REPLICAS
  return pods.until(`${REPLICAS} Running pods of ${tag}`, test, timeoutMs)
}
