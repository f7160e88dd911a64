import { execFileSync } from 'node:child_process'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { slicesByService, servicePorts } from '../../../src-main/network/plan/service-ports.ts'
import { serviceRules } from '../../../src-main/network/plan/service-rules.ts'
import { SLOTS } from '../../../src-main/network/plan/affinity.ts'
import type { Service } from '../../../src-main/api/types.ts'
import { serverA, service, slice } from './objects.ts'

const program = fileURLToPath(new URL('../../../resources/system-image/parts/alive.awk', import.meta.url))
const PODS = { '10.244.0.5': 'a', '10.244.1.5': 'b', '10.244.1.6': 'b', '10.244.2.5': 'c' }

function rules(spec: Service['spec'] = {}): string {
  const services = [service('web', { clusterIP: '10.96.0.20', ...spec })]
  const ports = servicePorts(services, slicesByService([slice('web', PODS)]))
  return `${serviceRules(ports, { own: serverA, reservedPorts: [] }).join('\n')}\n`
}

function alive(text: string, lost: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'alive-'))
  try {
    writeFileSync(join(folder, 'rules'), text)
    return execFileSync('awk', ['-v', `lost=${lost}`, '-f', program, join(folder, 'rules')], {
      encoding: 'utf8',
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const slotsOf = (text: string) => [...text.matchAll(/(\d+) : (10\.\S+) \. 8080/g)].map(([, , ip]) => ip)

describe('the rules without the servers that are lost', () => {
  it('are the same as long as all answer', () => {
    expect(alive(rules(), '')).toBe(rules())
  })

  it('have the endpoints of the others, in even shares', () => {
    expect(alive(rules(), '10.244.1.1')).toContain(
      'numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.2.5 . 8080 } comment "',
    )
    expect(alive(rules(), '10.244.0.1 10.244.2.1')).toContain(
      'mod 2 map { 0 : 10.244.1.5 . 8080, 1 : 10.244.1.6 . 8080 }',
    )
  })

  it('are the same when no endpoint would be left', () => {
    expect(alive(rules(), '10.244.0.1 10.244.1.1 10.244.2.1')).toBe(rules())
  })

  it('leave the clients of the others where they are, when each has an endpoint of its own', () => {
    const sticky = rules({ sessionAffinity: 'ClientIP' })
    const [before, after] = [slotsOf(sticky), slotsOf(alive(sticky, '10.244.1.1'))]
    expect(before).toHaveLength(SLOTS)
    expect(after).toHaveLength(SLOTS)
    before.forEach((ip, slot) => {
      if (ip?.startsWith('10.244.1.')) expect(after[slot]).toMatch(/^10\.244\.[02]\.5$/)
      else expect(after[slot]).toBe(ip)
    })
  })

  it('touch no line that is no choice of an endpoint', () => {
    const text =
      '  set peers {\n    elements = { 10.244.1.0/24 }\n  }\n  map m { type ipv4_addr : verdict; }\n'
    expect(alive(text, '10.244.1.1')).toBe(text)
  })
})
