import { describe, expect, it } from 'vitest'
import type { ConfigMap, Container, Pod, Secret, Service } from '../../../src-main/api/types.ts'
import { environment } from '../../../src-main/kubelet/environment.ts'
import { ConfigError } from '../../../src-main/kubelet/config-error.ts'
import { expand } from '../../../src-main/kubelet/expansion.ts'
import { serviceEnvironment } from '../../../src-main/kubelet/service-environment.ts'
import { container, pod } from './pods.ts'

const metadata = { name: 'x', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
const settings: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { COLOUR: 'red', SIZE: 'big' },
}
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata,
  data: { token: Buffer.from('s3cret').toString('base64') },
}
const service = (name: string, clusterIP: string, ports: Service['spec']['ports']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...metadata, name },
  spec: { clusterIP, ports },
})
const services = [
  service('web-shop', '10.96.0.7', [
    { name: 'http', port: 80 },
    { name: 'dns-udp', port: 53, protocol: 'UDP' },
  ]),
  service('headless', 'None', [{ port: 80 }]),
  service('away', '', []),
]
const lookup = {
  configMap: (name: string) => (name === 'settings' ? settings : undefined),
  secret: (name: string) => (name === 'keys' ? secret : undefined),
  services: () => services,
}
const facts = {
  podIp: '10.244.1.2',
  hostIp: '192.0.2.1',
  nodeName: 'n1',
  allocatable: { cpu: '2', memory: '4Gi' },
}

function resolveAll(of: Pod, more: Partial<Container>): Record<string, string> {
  return Object.fromEntries(environment(of, container(more), { lookup, facts }))
}

/** Without what it learns of Services. */
function resolve(more: Partial<Container>): Record<string, string> {
  const of = pod()
  return resolveAll({ ...of, spec: { ...of.spec, enableServiceLinks: false } }, more)
}

const from = (valueFrom: NonNullable<NonNullable<Container['env']>[number]['valueFrom']>) => ({
  env: [{ name: 'V', valueFrom }],
})

describe('expand', () => {
  it.each([
    ['$(A)', '1'],
    ['$(A)$(B)', '12'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$(NONE)', '$(NONE)'],
    ['$(A', '$(A'],
    ['$A $ $$', '$A $ $'],
    ['', ''],
  ])('%s becomes %s', (text, expected) => {
    const values = new Map([
      ['A', '1'],
      ['B', '2'],
    ])
    expect(expand(text, values)).toBe(expected)
  })

  it('ends where values that name each other twice are longer than a process may be given', () => {
    const grow = () => {
      const values = new Map([['A0', 'xxxx']])
      for (let n = 1; n < 60; n++) values.set(`A${n}`, expand(`$(A${n - 1})$(A${n - 1})`, values))
    }
    expect(grow).toThrow('more than Linux gives a process')
    const words = Array.from({ length: 10_000 }, () => '$(A)').join('')
    expect(() => expand(words, new Map([['A', 'x'.repeat(1_000)]]))).toThrow(ConfigError)
    expect(expand('$(A)', new Map([['A', 'x'.repeat(100_000)]]))).toHaveLength(100_000)
  })

  it('does not look for the end of each of very many names that have none', () => {
    const text = '$('.repeat(1_000_000)
    expect(expand(`$(A)${text}$$`, new Map([['A', '1']]))).toBe(`1${text}$`)
  })
})

describe('Services in the environment', () => {
  const links = {
    WEB_SHOP_SERVICE_HOST: '10.96.0.7',
    WEB_SHOP_SERVICE_PORT: '80',
    WEB_SHOP_SERVICE_PORT_HTTP: '80',
    WEB_SHOP_SERVICE_PORT_DNS_UDP: '53',
    WEB_SHOP_PORT: 'tcp://10.96.0.7:80',
    WEB_SHOP_PORT_80_TCP: 'tcp://10.96.0.7:80',
    WEB_SHOP_PORT_80_TCP_PROTO: 'tcp',
    WEB_SHOP_PORT_80_TCP_PORT: '80',
    WEB_SHOP_PORT_80_TCP_ADDR: '10.96.0.7',
    WEB_SHOP_PORT_53_UDP: 'udp://10.96.0.7:53',
    WEB_SHOP_PORT_53_UDP_PROTO: 'udp',
    WEB_SHOP_PORT_53_UDP_PORT: '53',
    WEB_SHOP_PORT_53_UDP_ADDR: '10.96.0.7',
  }

  it('are those of the namespace that have an address', () => {
    expect(resolveAll(pod(), {})).toEqual(links)
  })

  it('can be used and overridden, and not be wished for', () => {
    const env = [
      { name: 'URL', value: 'http://$(WEB_SHOP_SERVICE_HOST)/' },
      { name: 'WEB_SHOP_PORT', value: 'mine' },
    ]
    expect(resolveAll(pod(), { env })).toEqual({ ...links, URL: 'http://10.96.0.7/', WEB_SHOP_PORT: 'mine' })
    const without = pod()
    expect(resolveAll({ ...without, spec: { ...without.spec, enableServiceLinks: false } }, {})).toEqual({})
  })

  it('put an IPv6 address in brackets where a port follows', () => {
    const values = serviceEnvironment([service('six', 'fd00::7', [{ port: 80 }])])
    expect(values.get('SIX_PORT')).toBe('tcp://[fd00::7]:80')
    expect(values.get('SIX_PORT_80_TCP_ADDR')).toBe('fd00::7')
  })
})

describe('environment', () => {
  it.each<[string, Partial<Container>, Record<string, string>]>([
    [
      'values, that may use earlier ones',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)2$(C)' },
        ],
      },
      { A: '1', B: '12$(C)' },
    ],
    ['a key of a ConfigMap', from({ configMapKeyRef: { name: 'settings', key: 'COLOUR' } }), { V: 'red' }],
    ['a key of a Secret', from({ secretKeyRef: { name: 'keys', key: 'token' } }), { V: 's3cret' }],
    [
      'an optional one that is not there',
      from({ configMapKeyRef: { name: 'none', key: 'x', optional: true } }),
      {},
    ],
    ['the address', from({ fieldRef: { fieldPath: 'status.podIP' } }), { V: '10.244.1.2' }],
    ['the server’s address', from({ fieldRef: { fieldPath: 'status.hostIP' } }), { V: '192.0.2.1' }],
    ['a label', from({ fieldRef: { fieldPath: "metadata.labels['app']" } }), { V: 'web' }],
    ['the name', from({ fieldRef: { fieldPath: 'metadata.name' } }), { V: 'web-1' }],
    [
      'a limit that is not set: the node’s',
      from({ resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } }),
      { V: '4096' },
    ],
    [
      'a limit, rounded up',
      { resources: { limits: { cpu: '1500m' } }, ...from({ resourceFieldRef: { resource: 'limits.cpu' } }) },
      { V: '2' },
    ],
    [
      'all of a ConfigMap, with a prefix',
      { envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }] },
      { P_COLOUR: 'red', P_SIZE: 'big' },
    ],
    ['all of a Secret', { envFrom: [{ secretRef: { name: 'keys' } }] }, { token: 's3cret' }],
    [
      'an optional ConfigMap that is not there',
      { envFrom: [{ configMapRef: { name: 'none', optional: true } }] },
      {},
    ],
    [
      'env over envFrom',
      {
        envFrom: [{ configMapRef: { name: 'settings' } }],
        env: [{ name: 'SIZE', value: 'small $(COLOUR)' }],
      },
      { COLOUR: 'red', SIZE: 'small red' },
    ],
  ])('%s', (_name, more, expected) => {
    expect(resolve(more)).toEqual(expected)
  })

  it.each<[string, Partial<Container>, string]>([
    [
      'ConfigMap',
      { envFrom: [{ configMapRef: { name: 'none' } }] },
      'configmap "none" not found in namespace shop',
    ],
    [
      'Secret',
      from({ secretKeyRef: { name: 'none', key: 'x' } }),
      'secret "none" not found in namespace shop',
    ],
    [
      'key',
      from({ configMapKeyRef: { name: 'settings', key: 'x' } }),
      "couldn't find key x in ConfigMap shop/settings",
    ],
    [
      'key of a Secret',
      from({ secretKeyRef: { name: 'keys', key: 'x' } }),
      "couldn't find key x in Secret shop/keys",
    ],
  ])('names the missing %s', (_name, more, message) => {
    expect(() => resolve(more)).toThrow(message)
  })
})
