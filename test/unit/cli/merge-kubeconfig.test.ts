import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { KubeconfigError, mergeKubeconfig } from '../../../src-main/cli/merge-kubeconfig.ts'

const source = `apiVersion: v1
kind: Config
clusters:
  - name: coxswain
    cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: AAAA}
users:
  - name: coxswain
    user: {token: t0k3n}
contexts:
  - name: coxswain
    context: {cluster: coxswain, user: coxswain, namespace: default}
current-context: coxswain
`

const theirs = `# my clusters
apiVersion: v1
kind: Config
preferences: {}
clusters:
- cluster:
    server: https://prod.example:6443   # do not touch
  name: prod
contexts:
- context:
    cluster: prod
    user: me
  name: prod
current-context: prod
users:
- name: me
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: aws
`
const options = { name: 'coxswain', switchContext: true }

interface Kubeconfig {
  clusters: { name: string; cluster: object }[]
  contexts: { name: string; context: object }[]
  users: { name: string; user: object }[]
  'current-context': string
}
const merged = (target: string, changed: Partial<typeof options> = {}) => {
  const text = mergeKubeconfig(source, target, { ...options, ...changed })
  return { text, config: parse(text) as Kubeconfig }
}

describe('merging into a kubeconfig', () => {
  it('keeps what is there, comments too, and switches', () => {
    const { text, config } = merged(theirs)
    expect(text).toContain('# my clusters')
    expect(text).toContain('# do not touch')
    expect(config.clusters.map(({ name }) => name)).toEqual(['prod', 'coxswain'])
    expect(config.users.map(({ name }) => name)).toEqual(['me', 'coxswain'])
    expect(config.users[0]).toEqual((parse(theirs) as Kubeconfig).users[0])
    expect(config['current-context']).toBe('coxswain')
  })

  it('leaves the context alone when it is told to, unless there is none', () => {
    expect(merged(theirs, { switchContext: false }).config['current-context']).toBe('prod')
    expect(merged('', { switchContext: false }).config['current-context']).toBe('coxswain')
  })

  it('uses the given name everywhere', () => {
    const { config } = merged(theirs, { name: 'home' })
    expect(config.clusters[1]).toMatchObject({ name: 'home', cluster: { server: 'https://127.0.0.1:6443' } })
    expect(config.users[1]).toEqual({ name: 'home', user: { token: 't0k3n' } })
    expect(config.contexts[1]).toEqual({
      name: 'home',
      context: { cluster: 'home', user: 'home', namespace: 'default' },
    })
  })

  it.each([
    ['', 'an empty file'],
    ['clusters: []\nusers: []\ncontexts: []\n', 'empty lists'],
    ['clusters:\nusers: null\n', 'nulls, as `kubectl config` writes them'],
  ])('fills %j', target => {
    const { config } = merged(target)
    expect(config.clusters).toHaveLength(1)
    expect(config.contexts).toHaveLength(1)
    expect(config['current-context']).toBe('coxswain')
  })

  it('merged twice changes nothing, and keeps the namespace that a person has chosen', () => {
    const once = merged(theirs).text
    expect(merged(once).text).toBe(once)
    const chosen = once.replace('namespace: default', 'namespace: shop')
    expect(merged(chosen).config.contexts[1]?.context).toMatchObject({ namespace: 'shop' })
  })

  it('replaces an address and a token that have changed', () => {
    const old = merged(theirs).text.replace('6443', '1').replace('t0k3n', 'old')
    const { config } = merged(
      merged(theirs).text.replace('127.0.0.1:6443', '127.0.0.1:1').replace('t0k3n', 'old'),
    )
    expect(old).not.toContain('t0k3n')
    expect(config.clusters[1]?.cluster).toMatchObject({ server: 'https://127.0.0.1:6443' })
    expect(config.users[1]?.user).toEqual({ token: 't0k3n' })
  })

  it.each([
    ['a: [', 'no valid YAML'],
    ['just text', 'holds no kubeconfig'],
    ['clusters: {a: b}', 'clusters are no list'],
  ])('refuses %j', (target, why) => {
    expect(() => merged(target)).toThrow(KubeconfigError)
    expect(() => merged(target)).toThrow(why)
  })
})
