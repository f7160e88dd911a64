import { stringify } from 'yaml'
import type { KubeObject } from '../../src-main/api/types.ts'
import { LAST_APPLIED } from './apply.ts'
import type { ResourceName } from './resources.ts'

/** YAML that kubectl's YAML 1.1 reader understands as it was meant: `yes`, `on` and `12:30:45` are quoted. */
export function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })
}

/** An object as a person would read it: without the bookkeeping of clients. */
export function readable(object: KubeObject): Record<string, unknown> {
  const { apiVersion, kind, metadata, ...rest } = object
  const { managedFields: _managedFields, annotations = {}, ...meta } = metadata
  const { [LAST_APPLIED]: _lastApplied, ...own } = annotations
  return {
    apiVersion,
    kind,
    metadata: { ...meta, ...(Object.keys(own).length > 0 && { annotations: own }) },
    ...rest,
  }
}

/** An object as a manifest to edit: without what the server fills in. */
export function editable(object: KubeObject): Record<string, unknown> {
  const { status: _status, metadata, ...rest } = readable(object) as Record<string, unknown>
  const {
    uid: _uid,
    resourceVersion: _resourceVersion,
    generation: _generation,
    creationTimestamp: _creationTimestamp,
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    ...own
  } = metadata as Record<string, unknown>
  const { apiVersion, kind, ...content } = rest
  return { apiVersion, kind, metadata: own, ...content }
}

/** What a new manifest begins with, on the page of a kind. The examples fit together. */
export function exampleOf(resource: ResourceName): string {
  return EXAMPLES[resource] ?? DEPLOYMENT
}

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
spec:
  replicas: 3
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
          resources:
            requests: { cpu: 100m, memory: 64Mi }
`

const EXAMPLES: Partial<Record<ResourceName, string>> = {
  services: `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
spec:
  selector: { app: web } # the labels of the pod template
  ports:
    - port: 80
      targetPort: 80 # the containerPort
`,
  ingresses: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: default
spec:
  rules:
    - host: web.example.com # its DNS entry names one or all of your servers
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
`,
  configmaps: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: default
data:
  colour: blue # envFrom: [{ configMapRef: { name: settings } }] in a container
`,
  secrets: `apiVersion: v1
kind: Secret
metadata:
  name: keys
  namespace: default
stringData:
  token: change-me # envFrom: [{ secretRef: { name: keys } }] in a container
`,
}
