import { expect, test } from 'vitest'
import { check, type Manifest, manifest } from './check.ts'

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: default }
spec:
  initContainers: [{ name: init, image: i }]
  containers:
    - name: c
      image: i
      env: [{ name: A, value: a }]
      ports: [{ name: http, containerPort: 80 }]
      volumeMounts: [{ name: v, mountPath: /v }]
      readinessProbe: { httpGet: { port: http } }
  volumes: [{ name: v }]
`
const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, namespace: default }
spec:
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec: { containers: [{ name: c, image: i }] }
`
const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: s, namespace: default }
spec: { ports: [{ port: 80 }], selector: { app: d } }
`
const SECRET = `{ apiVersion: v1, kind: Secret, metadata: { name: s, namespace: default } }`
const CONFIG_MAP = `{ apiVersion: v1, kind: ConfigMap, metadata: { name: c, namespace: default } }`
const NODE = `{ apiVersion: v1, kind: Node, metadata: { name: node-1 }, spec: {} }`
const SERVER = `{ apiVersion: coxswain.io/v1alpha1, kind: Server, metadata: { name: s }, spec: { ssh: { host: h } } }`

/** Sets one field, given by its path as causes write it; `undefined` removes it. */
function plant(base: string, path: string, value: unknown): Manifest {
  const object = manifest(base)
  const steps = path.split(/[.[\]]+/).filter(Boolean)
  const last = steps.pop() ?? ''
  let place = object as unknown as Record<string, unknown>
  for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>
  if (value === undefined) delete place[last]
  else place[last] = value
  return object
}

const C = 'spec.containers[0]'
const R = 'spec.strategy.rollingUpdate'

/** base, what is planted where, and the one cause that must come of it: its field (default: there) and message. */
const planted: [base: string, path: string, value: unknown, message: string, field?: string][] = [
  // structure
  [POD, `${C}.image`, 3, 'Invalid value: 3: must be of type string, but is number'],
  [POD, `${C}.args`, 'x', 'Invalid value: "x": must be of type array, but is string'],
  [DEPLOYMENT, 'spec.replicas', '3', 'Invalid value: "3": must be of type int32, but is string'],
  [DEPLOYMENT, 'spec.replicas', 1.5, 'Invalid value: 1.5: must be of type int32, but is number'],
  [DEPLOYMENT, 'spec.replicas', 2 ** 31, 'Invalid value: 2147483648: must be of type int32, but is number'],
  [POD, `${C}.tty`, 'yes', 'Invalid value: "yes": must be of type boolean, but is string'],
  [POD, `${C}.env[0].value`, true, 'Invalid value: true: must be of type string, but is bool'],
  [POD, 'metadata.labels', { a: 1 }, 'Invalid value: 1: must be of type string, but is number', 'metadata.labels[a]'],
  [POD, `${C}.imagePullPolicy`, 'Sometimes', 'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
  [POD, 'spec.restartPolicy', 'Maybe', 'Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"'],
  [POD, `${C}.ports[0].protocol`, 'tcp', 'Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
  [SECRET, 'data', { a: 'no base64' }, 'Invalid value: "no base64": illegal base64 data', 'data[a]'],
  [DEPLOYMENT, 'spec.strategy.type', 'Rolling', 'Unsupported value: "Rolling": supported values: "Recreate", "RollingUpdate"'],
  // containers
  [POD, 'spec.containers', [], 'Required value'],
  [POD, `${C}.name`, 'Big_Name', `Invalid value: "Big_Name": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`],
  [POD, `${C}.name`, 'a'.repeat(64), `Invalid value: "${'a'.repeat(64)}": must be no more than 63 bytes`],
  [POD, 'spec.initContainers[0].name', 'c', 'Duplicate value: "c"'],
  [POD, `${C}.image`, '', 'Required value'],
  [POD, `${C}.image`, ' i', 'Invalid value: " i": must not have leading or trailing whitespace'],
  [POD, `${C}.restartPolicy`, 'Maybe', 'Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"'],
  [POD, `${C}.restartPolicyRules`, [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }], 'Required value: must specify restartPolicy when restart rules are used', `${C}.restartPolicy`],
  [POD, C, { name: 'c', image: 'i', restartPolicy: 'Never', restartPolicyRules: [{ action: 'Halt', exitCodes: { operator: 'In', values: [1] } }] }, 'Unsupported value: "Halt": supported values: "Restart", "RestartAllContainers"', `${C}.restartPolicyRules[0].action`],
  [POD, C, { name: 'c', image: 'i', restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [] } }] }, 'Invalid value: []: must specify at least one value', `${C}.restartPolicyRules[0].exitCodes.values`],
  [POD, 'spec.initContainers[0].livenessProbe', { exec: { command: ['a'] } }, 'Forbidden: may not be set for init containers without restartPolicy=Always'],
  [POD, `${C}.ports[0].containerPort`, 0, 'Required value'],
  [POD, `${C}.ports[0].containerPort`, 70000, 'Invalid value: 70000: must be between 1 and 65535, inclusive'],
  [POD, `${C}.ports[0].hostPort`, -1, 'Invalid value: -1: must be between 1 and 65535, inclusive'],
  [POD, `${C}.ports[0].hostIP`, 'host', 'Invalid value: "host": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  [POD, `${C}.ports[0].name`, '8080', 'Invalid value: "8080": must contain at least one letter (a-z)'],
  [POD, `${C}.ports[0].name`, 'a-much-too-long-name', 'Invalid value: "a-much-too-long-name": must be no more than 15 characters'],
  [POD, `${C}.ports[1]`, { name: 'http', containerPort: 81 }, 'Duplicate value: "http"', `${C}.ports[1].name`],
  [POD, `${C}.ports`, [{ containerPort: 1, hostPort: 9 }, { containerPort: 2, hostPort: 9 }], 'Duplicate value: "TCP//9"', `${C}.ports[1].hostPort`],
  [POD, `${C}.volumeMounts[0].name`, 'w', 'Not found: "w"'],
  [POD, `${C}.volumeMounts[0].mountPath`, '', 'Required value'],
  [POD, `${C}.volumeMounts[1]`, { name: 'v', mountPath: '/v' }, 'Invalid value: "/v": must be unique', `${C}.volumeMounts[1].mountPath`],
  [POD, `${C}.volumeMounts[0].subPath`, '/abs', 'Invalid value: "/abs": must be a relative path'],
  [POD, `${C}.volumeMounts[0].subPath`, 'a/../b', `Invalid value: "a/../b": must not contain '..'`],
  [POD, `${C}.volumeMounts[0].mountPropagation`, 'Bidirectional', 'Forbidden: Bidirectional mount propagation is available only to privileged containers'],
  // environment
  [POD, `${C}.env[0].name`, '', 'Required value'],
  [POD, `${C}.env[0].name`, 'A=B', `Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`],
  [POD, `${C}.env[0].valueFrom`, { secretKeyRef: { name: 's', key: 'k' } }, 'Invalid value: "": may not be specified when `value` is not empty'],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: {} }, 'Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`', `${C}.env[0].valueFrom`],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' }, fieldRef: { fieldPath: 'metadata.name' } } }, 'Invalid value: "": may not have more than one field specified at a time', `${C}.env[0].valueFrom`],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: { secretKeyRef: { key: 'k' } } }, 'Required value', `${C}.env[0].valueFrom.secretKeyRef.name`],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'a/b' } } }, `Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`, `${C}.env[0].valueFrom.configMapKeyRef.key`],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.containers' } } }, 'Unsupported value: "spec.containers": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"', `${C}.env[0].valueFrom.fieldRef.fieldPath`],
  [POD, `${C}.env[0]`, { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }, `Invalid value: "2": only divisor's values 1m and 1 are supported with the cpu resource`, `${C}.env[0].valueFrom.resourceFieldRef.divisor`],
  [POD, `${C}.envFrom`, [{}], 'Invalid value: "": must specify one of: `configMapRef` or `secretRef`', `${C}.envFrom[0]`],
  [POD, `${C}.envFrom`, [{ secretRef: {} }], 'Required value', `${C}.envFrom[0].secretRef.name`],
  // resources
  [POD, `${C}.resources`, { limits: { cpu: 'lots' } }, `Invalid value: "lots": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`, `${C}.resources.limits[cpu]`],
  [POD, `${C}.resources`, { requests: { cpu: '2' }, limits: { cpu: '1' } }, 'Invalid value: "2": must be less than or equal to cpu limit of 1', `${C}.resources.requests`],
  [POD, `${C}.resources`, { requests: { memory: '-1Gi' } }, 'Invalid value: "-1Gi": must be greater than or equal to 0', `${C}.resources.requests[memory]`],
  [POD, `${C}.resources`, { requests: { gpu: 1 } }, 'Invalid value: "gpu": must be a standard resource for containers', `${C}.resources.requests[gpu]`, ],
  [POD, `${C}.resources`, { requests: { 'a.b/gpu': 1 }, limits: { 'a.b/gpu': 2 } }, 'Invalid value: "1": must be equal to a.b/gpu limit of 2', `${C}.resources.requests`],
  // probes and hooks
  [POD, `${C}.readinessProbe`, {}, 'Required value: must specify a handler type'],
  [POD, `${C}.readinessProbe.exec`, { command: ['a'] }, 'Forbidden: may not specify more than 1 handler type', `${C}.readinessProbe.httpGet`],
  [POD, `${C}.readinessProbe.httpGet.port`, 0, 'Invalid value: 0: must be between 1 and 65535, inclusive'],
  [POD, `${C}.readinessProbe.httpGet.port`, undefined, 'Required value'],
  [POD, `${C}.readinessProbe.httpGet.scheme`, 'FTP', 'Unsupported value: "FTP": supported values: "HTTP", "HTTPS"'],
  [POD, `${C}.readinessProbe.periodSeconds`, -1, 'Invalid value: -1: must be greater than or equal to 0'],
  [POD, `${C}.readinessProbe.terminationGracePeriodSeconds`, 5, 'Invalid value: 5: must not be set for readinessProbes'],
  [POD, `${C}.livenessProbe`, { exec: { command: ['a'] }, successThreshold: 2 }, 'Invalid value: 2: must be 1', `${C}.livenessProbe.successThreshold`],
  [POD, `${C}.startupProbe`, { exec: {} }, 'Required value', `${C}.startupProbe.exec.command`],
  [POD, `${C}.lifecycle`, { preStop: {} }, 'Required value: must specify a handler type', `${C}.lifecycle.preStop`],
  // volumes
  [POD, 'spec.volumes[1]', { name: 'v' }, 'Duplicate value: "v"', 'spec.volumes[1].name'],
  [POD, 'spec.volumes[0]', { name: 'v', emptyDir: {}, hostPath: { path: '/' } }, 'Forbidden: may not specify more than 1 volume type', 'spec.volumes[0].hostPath'],
  [POD, 'spec.volumes[0].secret', {}, 'Required value', 'spec.volumes[0].secret.secretName'],
  [POD, 'spec.volumes[0].configMap', { name: 'm', defaultMode: 512 }, 'Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive', 'spec.volumes[0].configMap.defaultMode'],
  [POD, 'spec.volumes[0].configMap', { name: 'm', items: [{ key: 'k', path: '../up' }] }, `Invalid value: "../up": must not start with '..'`, 'spec.volumes[0].configMap.items[0].path'],
  [POD, 'spec.volumes[0].hostPath', { path: '/a', type: 'Dir' }, 'Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"', 'spec.volumes[0].hostPath.type'],
  [POD, 'spec.volumes[0].downwardAPI', { items: [{ path: 'a' }] }, 'Required value: one of fieldRef and resourceFieldRef is required', 'spec.volumes[0].downwardAPI.items[0]'],
  // the pod
  [POD, 'spec.terminationGracePeriodSeconds', -1, 'Invalid value: -1: must be greater than or equal to 0'],
  [POD, 'spec.activeDeadlineSeconds', 0, 'Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  [POD, 'spec.dnsPolicy', 'None', 'Required value: must provide `dnsConfig` when `dnsPolicy` is None', 'spec.dnsConfig'],
  [POD, 'spec.dnsConfig', { nameservers: ['1.1.1'] }, 'Invalid value: "1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', 'spec.dnsConfig.nameservers[0]'],
  [POD, 'spec.hostname', 'a.b', `Invalid value: "a.b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`],
  [POD, 'spec.hostAliases', [{ ip: 'x' }], 'Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', 'spec.hostAliases[0].ip'],
  [POD, 'spec.imagePullSecrets', [{}], 'Required value', 'spec.imagePullSecrets[0].name'],
  [POD, 'spec.securityContext', { runAsUser: -1 }, 'Invalid value: -1: must be between 0 and 2147483647, inclusive', 'spec.securityContext.runAsUser'],
  [POD, 'spec.securityContext', { seccompProfile: { type: 'Localhost' } }, 'Required value: must be set when seccomp type is Localhost', 'spec.securityContext.seccompProfile.localhostProfile'],
  [POD, `${C}.securityContext`, { privileged: true, allowPrivilegeEscalation: false }, 'Invalid value: false: cannot set `allowPrivilegeEscalation` to false and `privileged` to true', `${C}.securityContext.allowPrivilegeEscalation`],
  [POD, 'spec.ephemeralContainers', [{ name: 'e', image: 'i' }], 'Forbidden: cannot be set on create'],
  // placement
  [POD, 'spec.nodeSelector', { 'a b': 'c' }, `Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`],
  [POD, 'spec.tolerations', [{ operator: 'Equal' }], 'Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"', 'spec.tolerations[0].operator'],
  [POD, 'spec.tolerations', [{ key: 'k', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }], `Invalid value: "NoSchedule": effect must be 'NoExecute' when \`tolerationSeconds\` is set`, 'spec.tolerations[0].effect'],
  [POD, 'spec.affinity', { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }, 'Required value: must have at least one node selector term', 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'],
  [POD, 'spec.affinity', { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: {} }] } }, 'Invalid value: 101: must be in the range 1-100', 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight'],
  [POD, 'spec.topologySpreadConstraints', [{ maxSkew: 0, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule' }], 'Invalid value: 0: must be greater than zero', 'spec.topologySpreadConstraints[0].maxSkew'],
  // workloads
  [DEPLOYMENT, 'spec.replicas', -1, 'Invalid value: -1: must be greater than or equal to 0'],
  [DEPLOYMENT, 'spec.selector', {}, 'Invalid value: {}: empty selector is invalid for deployment'],
  [DEPLOYMENT, 'spec.selector.matchLabels.app', 'x', 'Invalid value: {"app":"d"}: `selector` does not match template `labels`', 'spec.template.metadata.labels'],
  [DEPLOYMENT, 'spec.selector.matchExpressions', [{ key: 'app', operator: 'In' }], "Required value: must be specified when `operator` is 'In' or 'NotIn'", 'spec.selector.matchExpressions[0].values'],
  [DEPLOYMENT, 'spec.template.spec.restartPolicy', 'Never', 'Unsupported value: "Never": supported values: "Always"'],
  [DEPLOYMENT, 'spec.template.spec.activeDeadlineSeconds', 5, 'Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
  [DEPLOYMENT, 'spec.progressDeadlineSeconds', 0, 'Invalid value: 0: must be greater than minReadySeconds'],
  [DEPLOYMENT, 'spec.strategy', { type: 'Recreate', rollingUpdate: {} }, "Forbidden: may not be specified when strategy `type` is 'Recreate'", R],
  [DEPLOYMENT, R, { maxSurge: 0, maxUnavailable: '0%' }, 'Invalid value: "0%": may not be 0 when `maxSurge` is 0', `${R}.maxUnavailable`],
  [DEPLOYMENT, R, { maxUnavailable: '150%' }, 'Invalid value: "150%": must not be greater than 100%', `${R}.maxUnavailable`],
  [DEPLOYMENT, R, { maxSurge: 'two' }, `Invalid value: "two": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`, `${R}.maxSurge`],
  // services
  [SERVICE, 'spec.ipFamilies', ['IPv6'], 'Invalid value: "IPv6": not configured on this cluster', 'spec.ipFamilies[0]'],
  [SERVICE, 'spec.ipFamilies', ['IPv4', 'IPv6'], 'Invalid value: "IPv6": not configured on this cluster', 'spec.ipFamilies[1]'],
  [SERVICE, 'spec.ipFamilies', ['IPv4', 'IPv4'], 'Duplicate value: "IPv4"', 'spec.ipFamilies[1]'],
  [SERVICE, 'spec.ipFamilyPolicy', 'RequireDualStack', 'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'],
  [SERVICE, 'spec.clusterIP', 'fd00::1', 'Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster', 'spec.clusterIPs[0]'],
  [SERVICE, 'spec.clusterIPs', ['10.96.0.9', 'fd00::1'], 'Invalid value: ["10.96.0.9","fd00::1"]: IPv6 is not configured on this cluster', 'spec.clusterIPs[1]'],
  [SERVICE, 'spec.ports', [], 'Required value'],
  [SERVICE, 'spec.ports[0].port', 0, 'Invalid value: 0: must be between 1 and 65535, inclusive'],
  [SERVICE, 'spec.ports[0].nodePort', 30000, "Forbidden: may not be used when `type` is 'ClusterIP'"],
  [SERVICE, 'spec', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }, 'Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767', 'spec.ports[0].nodePort'],
  [SERVICE, 'spec.ports', [{ port: 80, name: 'a' }, { port: 81 }], 'Required value', 'spec.ports[1].name'],
  [SERVICE, 'spec.ports', [{ port: 80, name: 'a' }, { port: 80, name: 'b' }], 'Duplicate value: "80/TCP"', 'spec.ports[1]'],
  [SERVICE, 'spec.type', 'ExternalName', 'Required value', 'spec.externalName'],
  [SERVICE, 'spec.clusterIP', 'x', 'Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', 'spec.clusterIPs[0]'],
  [SERVICE, 'spec.externalTrafficPolicy', 'Local', 'Invalid value: "Local": may only be set for externally-accessible services'],
  [SERVICE, 'metadata.name', '1a', `Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`],
  // data
  [CONFIG_MAP, 'data', { 'a b': '' }, `Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`, 'data[a b]'],
  [CONFIG_MAP, 'data', { a: 'x'.repeat(1024 * 1024 + 1) }, 'Too long: may not be more than 1048576 bytes'],
  
  [SECRET, 'type', 'kubernetes.io/ssh-auth', 'Required value', 'data[ssh-privatekey]'],
  [SECRET, 'type', 'kubernetes.io/dockerconfigjson', 'Required value', 'data[.dockerconfigjson]'],
  // our own
  [NODE, 'spec.taints', [{ key: 'k', effect: 'Never' }], 'Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"', 'spec.taints[0].effect'],
  [SERVER, 'spec', {}, 'Required value: must specify one of: `ssh`, `local` or `simulated`'],
  [SERVER, 'spec.local', true, 'Forbidden: may not be set together with `ssh`'],
  [SERVER, 'spec.ssh.host', '', 'Required value'],
  [SERVER, 'spec.ssh.port', 0, 'Invalid value: 0: must be between 1 and 65535, inclusive'],
  [SERVER, 'spec.network.port', 65536, 'Invalid value: 65536: must be between 1 and 65535, inclusive'],
  [SERVER, 'spec.ssh.hostKey', 'MD5:aa', 'Invalid value: "MD5:aa": must be the fingerprint of a host key: SHA256: and 43 characters, as `ssh-keygen -lf` prints it'],
  [SERVER, 'spec.ssh', { host: 'h', agent: true, identityFile: '~/k' }, 'Forbidden: may not be set together with `identityFile`', 'spec.ssh.agent'],
  [SERVER, 'spec.ssh.jump', 's', 'Invalid value: "s": must be another server'],
] // prettier-ignore

const cases = planted.map(([base, path, value, message, field = path]) => ({
  object: plant(base, path, value),
  path,
  value: JSON.stringify(value)?.slice(0, 60),
  expected: { field, message },
}))

test.each(cases)('$object.kind with $path = $value', ({ object, expected }) => {
  const { causes, unknown } = check(object)
  expect(unknown).toEqual([])
  expect(causes.map(({ field, message }) => ({ field, message }))).toEqual([expected])
})
