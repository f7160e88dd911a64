import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'

const CRASHES = 20
const REPLICAS = 6

let cox: Cox

beforeAll(async () => {
  await lab.reset()
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: REPLICAS }))
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
})

afterAll(() => cox?.dispose())

interface Running {
  id: string
  pod: string
  uid: string
}

async function containers(): Promise<Running[]> {
  const format = '{{.ID}} {{.Label "io.coxswain.pod.name"}} {{.Label "io.coxswain.pod.uid"}}'
  const perServer = await Promise.all(
    [1, 2, 3].map(n =>
      lab.docker(n, 'ps', '-a', '--no-trunc', '--filter', 'label=io.coxswain.pod.uid', '--format', format),
    ),
  )
  return perServer
    .flatMap(text => text.split('\n').filter(Boolean))
    .map(line => {
      const [id = '', pod = '', uid = ''] = line.split(' ')
      return { id, pod, uid }
    })
}

const settled = (pods: PodView[]) => pods.length === REPLICAS && pods.every(pod => pod.ready && !pod.leaving)

describe('kill -9 of the control plane in the middle of a rolling update', () => {
  it(
    `converges each of ${CRASHES} times, with no duplicate, no orphan and no needless restart`,
    { timeout: 900_000 },
    async () => {
      for (let round = 0; round < CRASHES; round++) {
        const before = await podsOf(cox)
        const tag = round % 2 === 0 ? '2' : '1'
        // An acknowledged write, which must be there after the crash.
        await cox.apply(
          `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: round-${round}}\ndata: {round: "${round}"}\n`,
        )
        await cox.kubectl('set', 'image', 'deployment/web', `web=${lab.env.web}:${tag}`)
        await new Promise(resolve => setTimeout(resolve, Math.random() * 3_000))
        await cox.kill()
        await cox.start()

        await waitFor(
          `round ${round} converges`,
          async () => {
            const pods = await podsOf(cox)
            return (
              settled(pods) &&
              (
                await cox.get<{ spec: { template: { spec: { containers: { image: string }[] } } } }>(
                  'deployment',
                  'web',
                )
              ).spec.template.spec.containers[0]?.image.endsWith(`:${tag}`)
            )
          },
          90_000,
        )
        await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
        expect(await cox.kubectl('get', 'configmap', `round-${round}`, '-o', 'jsonpath={.data.round}')).toBe(
          String(round),
        )

        const pods = await waitForPods()
        const running = await containers()
        expect(running.map(({ uid }) => uid).sort()).toEqual(pods.map(({ uid }) => uid).sort())
        const survivors = pods.filter(pod => before.some(old => old.uid === pod.uid))
        for (const pod of survivors) {
          expect(pod.containerId).toBe(before.find(old => old.uid === pod.uid)?.containerId)
        }
        expect(pods.map(({ restarts }) => restarts)).toEqual(pods.map(() => 0))
      }
    },
  )
})

/** The pods once the last of the old ones has left. */
async function waitForPods(): Promise<PodView[]> {
  let pods: PodView[] = []
  await waitFor('the old pods have left', async () => {
    pods = await podsOf(cox)
    const uids = new Set(pods.map(({ uid }) => uid))
    return settled(pods) && (await containers()).every(({ uid }) => uids.has(uid))
  })
  return pods
}
