import type { PodSpec } from '../../../src-main/api/types.ts'

/** How many namespaces the pods are spread over. */
const NAMESPACES = 10

/** Where pod number `n` is in the API. */
export function podPath(n: number): string {
  return `/api/v1/namespaces/${namespaceOf(n)}/pods/${nameOf(n)}`
}

function namespaceOf(n: number): string {
  return n % NAMESPACES === 0 ? 'default' : 'kube-system'
}

function nameOf(n: number): string {
  return `web-${String(n).padStart(5, '0')}`
}

/** An ordinary pod of a Deployment; about 3 kB once it is stored. */
export function pod(n: number) {
  const app = `app-${n % 300}`
  const spec: PodSpec = {
    nodeName: `node-${n % 200}`,
    serviceAccountName: 'default',
    containers: [
      {
        name: 'main',
        image: `registry.example/shop/${app}:1.14.2`,
        args: ['--listen=:8080', '--log-level=info', `--name=${app}`],
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: Array.from({ length: 8 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-of-${app}` })),
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
        livenessProbe: { httpGet: { path: '/live', port: 'http' }, initialDelaySeconds: 5 },
        volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: app } }],
  }
  return {
    metadata: {
      name: nameOf(n),
      namespace: namespaceOf(n),
      labels: { app, 'pod-template-hash': '7d4f8b9c6d', tier: n % 2 ? 'front' : 'back' },
      annotations: { 'example.com/checksum': 'f3a9c2d41b7e8f60f3a9c2d41b7e8f60' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-7d4f8b9c6d`,
          uid: `00000000-0000-0000-0000-${String(n % 300).padStart(12, '0')}`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  }
}
