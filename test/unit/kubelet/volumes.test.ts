import { describe, expect, it } from 'vitest'
import { extract } from 'tar-stream'
import { Readable } from 'node:stream'
import type { ConfigMap, PodSpec, Secret } from '../../../src-main/api/types.ts'
import { volumeFiles, type Volume } from '../../../src-main/kubelet/volume-files.ts'
import { planMounts, podVolumes } from '../../../src-main/kubelet/volume-mounts.ts'
import { filesTar } from '../../../src-main/kubelet/volume-writer.ts'
import { container, pod } from './pods.ts'

const metadata = { name: 'x', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
const settings: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { 'a.conf': 'A', 'b.conf': 'B' },
}
const keys: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata,
  data: { token: Buffer.from('T').toString('base64') },
}
const context = {
  pod: pod(),
  lookup: {
    configMap: (name: string) => (name === 'settings' ? settings : undefined),
    secret: (name: string) => (name === 'keys' ? keys : undefined),
    services: () => [],
  },
  facts: { podIp: '10.244.1.2', hostIp: '192.0.2.1', nodeName: 'n1', allocatable: { cpu: '2' } },
}

/** `path=content mode` of each file. */
function files(source: Omit<Volume, 'name'>): string[] {
  return volumeFiles({ name: 'v', ...source }, context).map(
    ({ path, data, mode }) => `${path}=${data.toString()} ${mode.toString(8)}`,
  )
}

describe('volumeFiles', () => {
  it.each<[string, Omit<Volume, 'name'>, string[]]>([
    ['all keys of a ConfigMap', { configMap: { name: 'settings' } }, ['a.conf=A 644', 'b.conf=B 644']],
    [
      'items, under their paths, with their modes',
      {
        configMap: {
          name: 'settings',
          defaultMode: 0o600,
          items: [
            { key: 'a.conf', path: 'd/x' },
            { key: 'b.conf', path: 'y', mode: 0o400 },
          ],
        },
      },
      ['d/x=A 600', 'y=B 400'],
    ],
    ['a Secret', { secret: { secretName: 'keys', defaultMode: 0o400 } }, ['token=T 400']],
    ['an optional one that is not there', { secret: { secretName: 'none', optional: true } }, []],
    [
      'the downward API',
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ['labels=app="web" 644'],
    ],
    [
      'a projection of several',
      {
        projected: {
          sources: [
            { configMap: { name: 'settings', items: [{ key: 'a.conf', path: 'a' }] } },
            { secret: { name: 'keys' } },
          ],
        },
      },
      ['a=A 644', 'token=T 644'],
    ],
  ])('%s', (_name, source, expected) => {
    expect(files(source)).toEqual(expected)
  })

  it('names what is missing', () => {
    expect(() => files({ configMap: { name: 'none' } })).toThrow('configmap "none" not found')
    expect(() => files({ configMap: { name: 'settings', items: [{ key: 'z', path: 'z' }] } })).toThrow(
      'non-existent config key: z of settings',
    )
  })
})

const uid = '1a2b3c4d-0000-4000-8000-000000000000'

describe('planMounts', () => {
  const volumes: PodSpec['volumes'] = [
    { name: 'work', emptyDir: {} },
    { name: 'ram', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
    { name: 'host', hostPath: { path: '/srv/' } },
    { name: 'conf', configMap: { name: 'settings' } },
    { name: 'claim', persistentVolumeClaim: { claimName: 'data' } },
  ]
  const plan = (name: string, more: object = {}) => {
    const one = container({ volumeMounts: [{ name, mountPath: '/m', ...more }] })
    return planMounts(pod({ volumes, containers: [one] }), one, new Map([['POD', 'web-1']]))
  }

  it.each<[string, string, object, object]>([
    [
      'an emptyDir is a volume of the pod',
      'work',
      {},
      { type: 'volume', name: `cox_${uid}_work`, target: '/m', noCopy: true },
    ],
    ['in memory it is a tmpfs', 'ram', {}, { type: 'tmpfs', target: '/m', sizeBytes: 8 * 2 ** 20 }],
    [
      'a hostPath is a bind mount',
      'host',
      { readOnly: true },
      { type: 'bind', source: '/srv/', readOnly: true },
    ],
    ['with a path below', 'host', { subPath: 'a' }, { type: 'bind', source: '/srv/a' }],
    ['or one that is computed', 'host', { subPathExpr: '$(POD)' }, { type: 'bind', source: '/srv/web-1' }],
    ['files are read-only', 'conf', {}, { type: 'volume', name: `cox_${uid}_conf`, readOnly: true }],
  ])('%s', (_name, volume, more, expected) => {
    expect(plan(volume, more).mounts).toMatchObject([expected])
  })

  it('copies a subPath of files into the container', () => {
    expect(plan('conf', { subPath: 'a.conf' })).toMatchObject({
      mounts: [],
      copies: [{ subPath: 'a.conf', target: '/m' }],
    })
  })

  it('says which type cannot be had', () => {
    expect(() => plan('claim')).toThrow('volume "claim" is of the type persistentVolumeClaim')
    expect(() => plan('nowhere')).toThrow('volume "nowhere" is not defined')
  })

  it('keeps memory that two containers share in a volume', () => {
    const volumeMounts = [{ name: 'ram', mountPath: '/m' }]
    const containers = [container({ volumeMounts }), container({ name: 'log', volumeMounts })]
    const shared = pod({ volumes, containers })
    expect(podVolumes(shared).map(({ name }) => name)).toEqual(['work', 'ram', 'conf'])
  })
})

describe('filesTar', () => {
  const all = ['d/a', 'd/b', 'dx'].map(path => ({ path, data: Buffer.from(path), mode: 0o644 }))
  it.each([
    ['dx', '/etc/x.conf', ['etc/x.conf']],
    ['d', '/etc/d', ['etc/d/a', 'etc/d/b']],
  ])('puts %s at %s', async (subPath, target, expected) => {
    const names: string[] = []
    const tar = Readable.from([await filesTar(all, { subPath, target })]).pipe(extract())
    for await (const entry of tar) {
      names.push(entry.header.name)
      entry.resume()
    }
    expect(names).toEqual(expected)
  })
})
