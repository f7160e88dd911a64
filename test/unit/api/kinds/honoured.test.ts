import { expect, test } from 'vitest'
import { check, kindOf, manifest, allManifests } from './check.ts'

const told = (text: string) => {
  const { object } = check(manifest(text))
  return (kindOf(object).notHonoured?.(object) ?? []).map(({ field, why }) => `${field} ${why}`)
}

test('a manifest of what is honoured is told nothing', () => {
  const web = allManifests().find(({ file, object }) => file === 'web.yaml' && object.kind === 'Deployment')
  expect(web && kindOf(web.object).notHonoured?.(check(web.object).object)).toEqual([])
})

test('each field without effect is named with its path and what happens instead', () => {
  const fields = told(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec:
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec:
      serviceAccountName: robot
      runtimeClassName: gvisor
      priorityClassName: ''
      hostUsers: true
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: k, whenUnsatisfiable: ScheduleAnyway }]
      containers:
        - { name: a, image: i }
        - name: b
          image: i
          readinessProbe: { tcpSocket: { port: 80 } }
          resizePolicy: [{ resourceName: cpu, restartPolicy: NotRequired }]
      volumes:
        - { name: own, emptyDir: {} }
        - { name: data, persistentVolumeClaim: { claimName: data } }
        - name: all
          projected: { sources: [{ configMap: { name: m } }, { serviceAccountToken: { path: t } }] }
`)
  const at = 'spec.template.spec'
  expect(fields).toEqual([
    `${at}.containers[1].resizePolicy is not acted on yet: a pod keeps the resources that it was made with`,
    `${at}.topologySpreadConstraints is not looked at yet: pods of one owner are spread over the servers, without a strict limit`,
    `${at}.volumes[1].persistentVolumeClaim is not supported yet: a pod with this volume does not start`,
    `${at}.volumes[2].projected.sources[1].serviceAccountToken is not projected yet: the file is missing in the volume`,
    `${at}.serviceAccountName has no effect yet: the pod gets no token for the API`,
    `${at}.runtimeClassName has no effect yet: the server's default runtime is used`,
  ])
})

test('a service has no field without effect', () => {
  expect(
    told('{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { ports: [{ port: 80 }] } }'),
  ).toEqual([])
})

test('a headless service without a selector may name any family, as its addresses are not ours', () => {
  const { causes } = check(
    manifest(`
apiVersion: v1
kind: Service
metadata: { name: s }
spec: { clusterIP: None, ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6] }
`),
  )
  expect(causes).toEqual([])
})

test.each([
  ['spec.ports[0].protocol', '{ ports: [{ port: 9, protocol: SCTP }] }'],
  [
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
    '{ ports: [{ port: 9 }], sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }',
  ],
  ['spec.externalIPs[1]', '{ ports: [{ port: 9 }], externalIPs: [192.0.2.1, "2001:db8::1"] }'],
  [
    'spec.loadBalancerSourceRanges[0]',
    '{ type: LoadBalancer, ports: [{ port: 9 }], loadBalancerSourceRanges: ["2001:db8::/32", 10.0.0.0/8] }',
  ],
  ['spec.loadBalancerIP', '{ type: LoadBalancer, ports: [{ port: 9 }], loadBalancerIP: 192.0.2.1 }'],
  ['spec.loadBalancerClass', '{ type: LoadBalancer, ports: [{ port: 9 }], loadBalancerClass: a.io/b }'],
  ['spec.trafficDistribution', '{ ports: [{ port: 9 }], trafficDistribution: PreferClose }'],
])('of a service %s has no effect, and is named', (field, spec) => {
  const fields = told(`{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: ${spec} }`)
  expect(fields).toHaveLength(1)
  expect(fields[0]).toMatch(`${field} `)
})

test('a service that keeps clients with one endpoint is told nothing of the time that Kubernetes fills in', () => {
  expect(
    told(
      '{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { ports: [{ port: 9 }], sessionAffinity: ClientIP } }',
    ),
  ).toEqual([])
})

test.each([
  [
    'spec.rules[0].http.paths[0].backend.resource',
    `{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: i }, spec: { rules: [{ http: { paths: [
      { path: /, pathType: Prefix, backend: { resource: { kind: Bucket, name: b } } }] } }] } }`,
  ],
  [
    'spec.parameters',
    `{ apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: { name: c },
      spec: { controller: coxswain.io/ingress, parameters: { kind: Settings, name: s } } }`,
  ],
  [
    'spec.egress[0].to[1].ipBlock.cidr',
    `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: n },
      spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }, { ipBlock: { cidr: "::/0" } }] }] } }`,
  ],
  [
    'addressType',
    `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: e }, addressType: IPv6,
      endpoints: [{ addresses: ["2001:db8::1"] }] }`,
  ],
])('%s has no effect, and is named', (field, text) => {
  const fields = told(text)
  expect(fields).toHaveLength(1)
  expect(fields[0]).toMatch(`${field} `)
})

test.each([
  ['automountServiceAccountToken', 'automountServiceAccountToken: true'],
  ['os.name', 'os: { name: windows }'],
  ['resources', 'resources: { limits: { cpu: 1 } }'],
  ['hostnameOverride', 'hostnameOverride: other'],
])('of a pod %s has no effect, and is named', (field, line) => {
  const fields = told(
    `{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { ${line}, containers: [{ name: c, image: i }] } }`,
  )
  expect(fields).toHaveLength(1)
  expect(fields[0]).toMatch(`spec.${field} `)
})
