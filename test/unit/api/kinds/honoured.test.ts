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
