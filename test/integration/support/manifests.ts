import type { LabEnv } from '../lab.ts'

/** Server manifests for the lab's servers 1…n, named lab-1…lab-n. */
export function serverManifests(env: LabEnv, count: number, from = 1): string {
  return Array.from({ length: count }, (_, i) => serverManifest(env, from + i)).join('---\n')
}

export function serverManifest(env: LabEnv, n: number, ssh: Record<string, string | number> = {}): string {
  const fields = { host: env.host(n), identityFile: env.key, ...ssh }
  return `apiVersion: coxswain.io/v1alpha1
kind: Server
metadata: {name: lab-${n}}
spec:
  ssh:
${Object.entries(fields)
  .map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`)
  .join('\n')}
`
}

export interface WebOptions {
  name?: string
  replicas?: number
  image: string
  /** Extra lines of the container, indented by ten spaces. */
  container?: string
  /** Extra lines of spec, indented by two spaces. */
  spec?: string
}

/** An ordinary Deployment, as its first user would write it. */
export function webDeployment({
  name = 'web',
  replicas = 6,
  image,
  container = '',
  spec = '',
}: WebOptions): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${name}}
${spec}  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
        - name: ${name}
          image: ${image}
          ports:
            - containerPort: 8080
          resources:
            requests: {cpu: 10m, memory: 16Mi}
${container}`
}

/** A Secret with a certificate for an Ingress. */
export function certificateSecret({ certificate, key }: { certificate: string; key: string }): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: cert}
type: kubernetes.io/tls
stringData:
  tls.crt: ${JSON.stringify(certificate)}
  tls.key: ${JSON.stringify(key)}
`
}
