import type { HostConfig } from 'dockerode'

/** As a kubelet's `containerLogMaxSize` and `containerLogMaxFiles` are unless said otherwise. */
const ROTATION = { 'max-size': '10m', 'max-file': '5' }
const ROTATING: readonly string[] = ['json-file', 'local']

/**
 * Docker keeps all that a container ever said, until the disk is full. Drivers that write files of Docker's own are told
 * to rotate them; what another one does (`journald`, `syslog` …) is its own affair, and it is left as the engine has it.
 */
export function logConfig(driver: string): HostConfig['LogConfig'] {
  return ROTATING.includes(driver) ? { Type: driver, Config: ROTATION } : undefined
}
