/** What it costs to probe 500 pods: HTTP every 10 s, over real connections to a real server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { NodeKind } from '../../src-main/api/kinds/node.ts'
import { PodKind } from '../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../src-main/api/namespaces.ts'
import { Registry } from '../../src-main/api/registry.ts'
import { createSimulatedEngine } from '../../src-main/engine/simulated/simulated-engine.ts'
import type { Engine } from '../../src-main/engine/engine.ts'
import { Kubelet } from '../../src-main/kubelet/kubelet.ts'
import { systemClock } from '../../src-main/lib/clock.ts'
import { silentLogger } from '../../src-main/lib/logger.ts'
import { createMemoryObjectStore } from '../../src-main/store/memory.ts'

const PODS = 500
const PERIOD_SECONDS = 10
const MEASURED_MS = 30_000
/** Per cent of a core that probing 500 pods may cost. */
const AIM = 5

/** In a process of its own, so that its work is not counted; it tells its port, and ends with its parent. */
const WEB_SERVER = `
const server = require('node:http').createServer((request, response) => response.end('fine'))
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.once('disconnect', () => process.exit())`

/** A kubelet whose pods are all played by one web server in another process, and what that server has been asked. */
async function measure(probed: boolean): Promise<{ cpuPercent: number; probesPerSecond: number }> {
  const server = spawn(process.execPath, ['-e', WEB_SERVER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = (await once(server, 'message')) as [number]
  let dials = 0
  const clock = systemClock
  const simulated = createSimulatedEngine({
    clock,
    cpus: 8,
    memoryBytes: 2 ** 35,
    hostName: 'n1',
    images: ['web:1'],
  })
  const engine = new Proxy(simulated, {
    get(target, name) {
      if (name !== 'dial') return Reflect.get(target, name) as unknown
      return async () => {
        dials++
        const socket = net.connect({ host: '127.0.0.1', port })
        await once(socket, 'connect')
        return socket
      }
    },
  }) as Engine
  const registry = new Registry({ store: createMemoryObjectStore(), clock })
  await ensureNamespaces(registry)
  await registry.create(NodeKind, { metadata: { name: 'n1' }, spec: { podCIDR: '10.244.0.0/22' } })
  const kubelet = new Kubelet({
    nodeName: 'n1',
    clusterId: 'bench',
    engine,
    client: registry,
    events: { event: () => undefined },
    clock,
    logger: silentLogger,
    podCidr: '10.244.0.0/22',
  })
  await kubelet.start()
  const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: PERIOD_SECONDS }
  const probes = probed ? { readinessProbe: probe } : {}
  for (let index = 0; index < PODS; index++) {
    await registry.create(PodKind, {
      metadata: { name: `pod-${index}`, namespace: 'default' },
      spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1', ...probes }] },
    })
  }
  const isReady = () =>
    registry
      .list(PodKind)
      .every(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      )
  while (!isReady()) await new Promise(resolve => setTimeout(resolve, 200))
  await new Promise(resolve => setTimeout(resolve, 2_000)) // what the start has left behind
  dials = 0
  const before = process.cpuUsage()
  await new Promise(resolve => setTimeout(resolve, MEASURED_MS))
  const { user, system } = process.cpuUsage(before)
  const result = {
    cpuPercent: ((user + system) / 1000 / MEASURED_MS) * 100,
    probesPerSecond: dials / (MEASURED_MS / 1000),
  }
  await kubelet.stop()
  server.disconnect()
  return result
}

export async function run(): Promise<void> {
  const idle = await measure(false)
  const busy = await measure(true)
  const cost = busy.cpuPercent - idle.cpuPercent
  console.log(`${PODS} pods with a probe over HTTP every ${PERIOD_SECONDS} s`)
  console.log(
    `  ${busy.probesPerSecond.toFixed(0)} probes/s cost ${cost.toFixed(1)} % of a core (aim: under ${AIM} %)`,
  )
  console.log(`  ${((cost * 10) / busy.probesPerSecond).toFixed(2)} ms of processor time a probe`)
  console.log(`  the same pods without probes: ${idle.cpuPercent.toFixed(1)} %`)
  if (cost >= AIM) process.exitCode = 1
}
