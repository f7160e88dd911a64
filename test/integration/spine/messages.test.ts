import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifest, webDeployment } from '../support/manifests.ts'

let cox: Cox

beforeAll(async () => {
  await lab.reset()
  cox = await createCox()
  await cox.apply(serverManifest(lab.env, 1))
  await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: 1 }))
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
})

afterAll(() => cox?.dispose())

async function waitingReason(app: string): Promise<string> {
  const path =
    '{.items[0].status.containerStatuses[0].state.waiting.reason}: {.items[0].status.containerStatuses[0].state.waiting.message}'
  return cox.kubectl('get', 'pods', '-l', `app=${app}`, '-o', `jsonpath=${path}`)
}

async function connected(server: string): Promise<string> {
  const condition = '{.status.conditions[?(@.type=="Connected")]'
  return cox.kubectl('get', 'server', server, '-o', `jsonpath=${condition}.reason}: ${condition}.message}`)
}

describe('a mistake gives a message that says what to do', () => {
  it('an image tag that does not exist', async () => {
    await cox.apply(webDeployment({ name: 'typo', image: `${lab.env.web}:no-such-tag`, replicas: 1 }))
    await waitFor('the reason', async () => /ErrImagePull|ImagePullBackOff/.test(await waitingReason('typo')))
    expect(await waitingReason('typo')).toContain('no-such-tag')
    await waitFor('the event', async () => (await cox.kubectl('get', 'events')).includes('no-such-tag'))
  })

  it('a registry that wants a password, until it is given one', async () => {
    const image = `${lab.env.privateWeb}:1`
    await cox.apply(webDeployment({ name: 'private', image, replicas: 1 }))
    await waitFor('the reason', async () =>
      /ErrImagePull|ImagePullBackOff/.test(await waitingReason('private')),
    )
    expect(await waitingReason('private')).toMatch(/imagePullSecret/)

    const config = {
      auths: {
        [lab.env.privateRegistry]: { username: lab.env.privateUser, password: lab.env.privatePassword },
      },
    }
    const data = Buffer.from(JSON.stringify(config)).toString('base64')
    await cox.apply(`apiVersion: v1
kind: Secret
metadata: {name: registry}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: ${data}}
`)
    const withSecret =
      webDeployment({ name: 'private', image, replicas: 1 }) +
      '      imagePullSecrets:\n        - name: registry\n'
    await cox.apply(withSecret)
    await cox.kubectl('rollout', 'status', 'deployment/private', '--timeout=60s')
  })

  it('a manifest with three errors names all three and stores nothing', async () => {
    const manifest = webDeployment({ name: 'wrong', image: `${lab.env.web}:1` })
      .replace('containerPort: 8080', 'containerPort: 80800')
      .replace('matchLabels: {app: wrong}', 'matchLabels: {app: other}')
      .replace('cpu: 10m', 'cpu: "ten"')
    const { code, stderr } = await cox.tryApply(manifest)
    expect(code).not.toBe(0)
    expect(stderr).toContain('spec.template.spec.containers[0].ports[0].containerPort')
    expect(stderr).toContain('spec.template.metadata.labels')
    expect(stderr).toContain('spec.template.spec.containers[0].resources.requests')
    expect((await cox.tryKubectl('get', 'deployment', 'wrong')).stderr).toContain('NotFound')
  })

  it('a key that the server does not know', async () => {
    await cox.apply(serverManifest(lab.env, 2, { identityFile: lab.env.keyWrong }))
    await waitFor('the reason', async () => (await connected('lab-2')).startsWith('AuthenticationFailed'))
    expect(await connected('lab-2')).toContain(lab.env.keyWrong)
    await cox.kubectl('delete', 'server', 'lab-2', '--timeout=30s')
  })

  it('a host key that changed', async () => {
    await cox.apply(serverManifest(lab.env, 3))
    await waitFor('it is connected', async () => (await connected('lab-3')).startsWith('Connected'))
    const pinned = await cox.kubectl('get', 'server', 'lab-3', '-o', 'jsonpath={.status.ssh.hostKey}')
    expect(pinned).toMatch(/^SHA256:/)
    await lab.rekey(3)
    await waitFor(
      'the change is noticed',
      async () => (await connected('lab-3')).startsWith('HostKeyChanged'),
      30_000,
    )
    expect(await connected('lab-3')).toContain(pinned)
    await cox.kubectl('delete', 'server', 'lab-3', '--timeout=60s')
  })

  it('a server that is already claimed by another cluster', async () => {
    const other = await createCox()
    try {
      await other.apply(serverManifest(lab.env, 1))
      await waitFor('the reason', async () => {
        const reason = await other.kubectl(
          'get',
          'server',
          'lab-1',
          '-o',
          'jsonpath={.status.conditions[?(@.type=="Claimed")].reason}',
        )
        return reason === 'ClaimedByOtherCluster'
      })
    } finally {
      await other.dispose()
    }
  })

  it('a server that another Server has, which loses nothing when the second one is deleted', async () => {
    const [before] = await podsOf(cox)
    await cox.apply(serverManifest(lab.env, 1).replace('name: lab-1', 'name: again'))
    const claimed = '{.status.conditions[?(@.type=="Claimed")]'
    const path = `jsonpath=${claimed}.reason}: ${claimed}.message}`
    const claim = () => cox.kubectl('get', 'server', 'again', '-o', path)
    await waitFor('the reason', async () => (await claim()).startsWith('ClaimedByOtherServer'))
    expect(await claim()).toContain('Server lab-1')
    await cox.kubectl('delete', 'server', 'again', '--timeout=60s')
    const id = before?.containerId.replace(/^.*:\/\//, '') ?? ''
    expect(await lab.docker(1, 'inspect', '-f', '{{.State.Running}}', id)).toContain('true')
    expect((await podsOf(cox))[0]).toEqual(before)
  })

  it('a data folder that another control plane uses', async () => {
    const second = createCox(['--data', cox.dataDir])
    await expect(second).rejects.toThrow(new RegExp(`${cox.pid()}`))
  })

  it('and nothing else was disturbed', async () => {
    const [web] = await podsOf(cox)
    expect(web).toMatchObject({ ready: true, restarts: 0 })
  })
})
