import { isIPv6 } from 'node:net'
import type { Service } from '../api/types.ts'

/**
 * What a container learns of the Services of its namespace, as they are when it starts: `WEB_SERVICE_HOST`,
 * `WEB_SERVICE_PORT` and the names that Docker's links once had (`WEB_PORT_80_TCP_ADDR`, …).
 * Source: kubernetes pkg/kubelet/envvars/envvars.go.
 */
export function serviceEnvironment(services: readonly Service[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const { metadata, spec } of services) {
    const { clusterIP = '', ports = [] } = spec
    const [first] = ports
    if (clusterIP === '' || clusterIP === 'None' || !first) continue
    const prefix = variableName(metadata.name)
    values.set(`${prefix}_SERVICE_HOST`, clusterIP)
    values.set(`${prefix}_SERVICE_PORT`, String(first.port))
    for (const { name, port } of ports) {
      if (name) values.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port))
    }
    const host = isIPv6(clusterIP) ? `[${clusterIP}]` : clusterIP
    for (const { protocol = 'TCP', port } of ports) {
      const url = `${protocol.toLowerCase()}://${host}:${port}`
      const link = `${prefix}_PORT_${port}_${protocol}`
      if (!values.has(`${prefix}_PORT`)) values.set(`${prefix}_PORT`, url)
      values.set(link, url)
      values.set(`${link}_PROTO`, protocol.toLowerCase())
      values.set(`${link}_PORT`, String(port))
      values.set(`${link}_ADDR`, clusterIP)
    }
  }
  return values
}

function variableName(text: string): string {
  return text.toUpperCase().replaceAll('-', '_')
}
