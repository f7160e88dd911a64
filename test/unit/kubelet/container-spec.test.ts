import { describe, expect, it } from 'vitest'
import type { Container, PodSpec } from '../../../src-main/api/types.ts'
import type { ContainerSpec, EngineImage } from '../../../src-main/engine/engine.ts'
import { containerSpec, sandboxSpec, type PodPlace } from '../../../src-main/kubelet/container-spec.ts'
import { container, pod } from './pods.ts'

const image: EngineImage = {
  id: 'sha256:1',
  tags: ['web:1'],
  digests: [],
  sizeBytes: 1,
  user: '',
  entrypoint: [],
  command: [],
  environment: [],
  labels: {},
}
const place: PodPlace = {
  clusterId: 'c1',
  address: '10.244.1.2',
  server: { cpus: 2, memoryBytes: 2 ** 30 },
  clusterDns: { nameservers: ['10.96.0.10'], domain: 'cluster.local' },
}
const environment = new Map([['PORT', '80']])

interface Given {
  container?: Partial<Container>
  spec?: Partial<PodSpec>
  place?: Partial<PodPlace>
  user?: string
}

function make(given: Given): ContainerSpec {
  const wanted = container(given.container)
  return containerSpec(pod({ containers: [wanted], ...given.spec }), wanted, {
    place: { ...place, ...given.place },
    inputs: { image: { ...image, user: given.user ?? '' }, environment, mounts: [], restarts: 2, attempt: 0 },
  })
}

describe('containerSpec', () => {
  it('names and labels it so that it can be adopted', () => {
    const { name, labels } = make({})
    expect(name).toBe('cox_shop_web-1_web_1a2b3c4d')
    expect(labels).toMatchObject({
      'io.coxswain.cluster': 'c1',
      'io.coxswain.pod.uid': '1a2b3c4d-0000-4000-8000-000000000000',
      'io.coxswain.pod.namespace': 'shop',
      'io.coxswain.pod.name': 'web-1',
      'io.coxswain.container': 'web',
      'io.coxswain.pod.ip': '10.244.1.2',
      'io.coxswain.restarts': '2',
    })
  })

  it.each<[string, Given, Partial<ContainerSpec>]>([
    [
      'command replaces entrypoint and command',
      { container: { command: ['/a', '$(PORT)'] } },
      { entrypoint: ['/a', '80'], command: [] },
    ],
    [
      'args replace the command',
      { container: { args: ['$(PORT)', '$$(PORT)'] } },
      { entrypoint: undefined, command: ['80', '$(PORT)'] },
    ],
    ['neither: as the image says', {}, { entrypoint: undefined, command: undefined }],
    [
      'own address',
      {},
      { network: { mode: 'bridge', name: 'coxswain', ipv4: '10.244.1.2' }, hostname: 'web-1' },
    ],
    [
      'host network',
      { spec: { hostNetwork: true }, place: { address: undefined } },
      { network: { mode: 'host' } },
    ],
    [
      'shared network',
      { place: { sandboxId: 's1' } },
      { network: { mode: 'container', id: 's1' }, ipcMode: { container: 's1' } },
    ],
    [
      'shared processes',
      { place: { sandboxId: 's1' }, spec: { shareProcessNamespace: true } },
      { pidMode: { container: 's1' } },
    ],
    ['Always', {}, { restartPolicy: 'unless-stopped' }],
    ['OnFailure', { spec: { restartPolicy: 'OnFailure' } }, { restartPolicy: 'on-failure' }],
    ['Never', { spec: { restartPolicy: 'Never' } }, { restartPolicy: 'no' }],
    [
      'host port',
      { container: { ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }] } },
      { publish: [{ containerPort: 80, hostPort: 8080, hostIp: undefined, protocol: 'tcp' }] },
    ],
    [
      'cluster DNS',
      {},
      {
        dns: {
          nameservers: ['10.96.0.10'],
          searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
          options: ['ndots:5'],
        },
      },
    ],
    ['the server’s DNS', { spec: { dnsPolicy: 'Default' } }, { dns: undefined }],
    [
      'own DNS',
      {
        spec: {
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['192.0.2.53'], options: [{ name: 'ndots', value: '2' }] },
        },
      },
      { dns: { nameservers: ['192.0.2.53'], searches: [], options: ['ndots:2'] } },
    ],
    [
      'host aliases',
      { spec: { hostAliases: [{ ip: '192.0.2.9', hostnames: ['db'] }] } },
      { extraHosts: [{ ip: '192.0.2.9', hostnames: ['db'] }] },
    ],
    ['a user', { container: { securityContext: { runAsUser: 7 } } }, { user: '7' }],
    [
      'the container’s user over the pod’s',
      {
        spec: { securityContext: { runAsUser: 8, runAsGroup: 9 } },
        container: { securityContext: { runAsUser: 7 } },
      },
      { user: '7:9' },
    ],
    [
      'a group with the image’s user',
      { spec: { securityContext: { runAsGroup: 9 } }, user: 'app' },
      { user: 'app:9' },
    ],
    ['no resources: killed first, least CPU', {}, { resources: { cpuShares: 2, oomScoreAdj: 1000 } }],
    [
      'limits alone: guaranteed',
      { container: { resources: { limits: { cpu: '500m', memory: '64Mi' } } } },
      { resources: { nanoCpus: 5e8, memoryBytes: 2 ** 26, cpuShares: 512, oomScoreAdj: 0 } },
    ],
    [
      'requests: a tenth of the memory',
      { container: { resources: { requests: { cpu: '250m', memory: '107374183' } } } },
      { resources: { cpuShares: 256, oomScoreAdj: 900 } },
    ],
    [
      'no more cores than there are',
      { container: { resources: { limits: { cpu: '64' } } } },
      { resources: { nanoCpus: 2e9, cpuShares: 65536, oomScoreAdj: 999 } },
    ],
  ])('%s', (_name, given, expected) => {
    expect(make(given)).toMatchObject(expected)
  })

  it.each([
    ['', 'image will run as root'],
    ['root', 'image will run as root'],
    ['0:0', 'image will run as root'],
    ['app', 'non-numeric user (app)'],
  ])('refuses runAsNonRoot for the image user "%s"', (user, message) => {
    expect(() => make({ user, container: { securityContext: { runAsNonRoot: true } } })).toThrow(message)
  })

  it('accepts runAsNonRoot for a number', () => {
    expect(
      make({ user: '1000', container: { securityContext: { runAsNonRoot: true } } }).user,
    ).toBeUndefined()
  })
})

describe('sandboxSpec', () => {
  it('owns network and ports of the pod', () => {
    const ports = [{ containerPort: 80, hostPort: 8080 }]
    const spec = sandboxSpec(
      pod({ containers: [container({ ports }), container({ name: 'log' })] }),
      place,
      0,
    )
    expect(spec).toMatchObject({
      name: 'cox_shop_web-1_POD_1a2b3c4d',
      network: { mode: 'bridge', ipv4: '10.244.1.2' },
      ipcMode: 'shareable',
      restartPolicy: 'unless-stopped',
    })
    expect(spec.publish).toHaveLength(1)
  })

  it('publishes the ports of sidecars too, and none of other init containers', () => {
    const at = (hostPort: number) => [{ containerPort: 80, hostPort }]
    const initContainers = [
      container({ name: 'init', ports: at(8080) }),
      container({ name: 'proxy', ports: at(8081), restartPolicy: 'Always' }),
    ]
    const { publish } = sandboxSpec(pod({ initContainers, containers: [container()] }), place, 0)
    expect(publish?.map(({ hostPort }) => hostPort)).toEqual([8081])
  })
})
