import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Service } from '../../../src-main/api/types.ts'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import { planCluster, planServer } from '../../../src-main/network/plan/server-plan.ts'
import { noPolicies, serverA, servers, service, slice } from './objects.ts'

const program = fileURLToPath(new URL('../../../resources/system-image/parts/change.awk', import.meta.url))

let folder: string
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'change-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** The commands that make one table the other; undefined where it is to be replaced. */
function change(now: string, next: string): string | undefined {
  const [a, b] = [join(folder, 'now'), join(folder, 'next')]
  writeFileSync(a, now)
  writeFileSync(b, next)
  const { status, stdout, stderr } = spawnSync('awk', ['-f', program, a, b], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return status === 0 ? stdout : undefined
}

interface Given {
  name: string
  pods: readonly string[]
  spec: Service['spec']
}

function rules(given: readonly Given[]): string {
  const plan = planCluster({
    mode: 'wireguard',
    ranges: DEFAULT_RANGES,
    servers,
    services: given.map(({ name, spec }) => service(name, spec)),
    slices: given.map(({ name, pods }) =>
      slice(name, Object.fromEntries(pods.map(ip => [ip, serverOf(ip)]))),
    ),
    policies: noPolicies,
  })
  return planServer(plan, serverA, { reservedPorts: [22] })[1]?.files['ruleset.nft'] ?? ''
}

const serverOf = (ip: string) => 'abc'[Number(ip.split('.')[2])] ?? 'a'

/** A table as nft knows it: chains with their rules, sets and maps with their elements. */
class Table {
  readonly chains = new Map<string, string[]>()
  readonly elements = new Map<string, Map<string, string>>()

  constructor(text: string) {
    for (const [, kind, name = '', body = ''] of text.matchAll(
      /^ {2}(chain|map|set) (\S+) \{\n(.*?)^ {2}\}$/gms,
    )) {
      if (kind === 'chain')
        this.chains.set(
          name,
          body
            .split('\n')
            .map(line => line.trim())
            .filter(Boolean),
        )
      else this.elements.set(name, elementsOf(/elements = \{ (.*) \}/s.exec(body)?.[1] ?? ''))
    }
  }

  /** As nft does: nothing is added that is there, nothing changed that is not, and no chain goes that somebody goes to. */
  run(script: string): void {
    for (const line of script.split('\n').filter(Boolean)) this.#run(line)
    for (const name of this.#targets()) expect(this.chains.has(name)).toBe(true)
  }

  #run(line: string): void {
    const [, verb, what = '', name = '', rest = ''] =
      /^(add|delete|flush) (chain|rule|element) ip coxswain (\S+) ?(.*)$/.exec(line) ?? []
    const chain = this.chains.get(name)
    switch (`${verb} ${what}`) {
      case 'add chain':
        expect(chain).toBeUndefined()
        this.chains.set(name, [])
        break
      case 'add rule':
        expect(chain).toBeDefined()
        chain?.push(rest.trim())
        break
      case 'flush chain':
        expect(chain).toBeDefined()
        this.chains.set(name, [])
        break
      case 'delete chain':
        expect(chain).toEqual([])
        expect(this.#targets()).not.toContain(name)
        this.chains.delete(name)
        break
      case 'add element':
        for (const [key, element] of elementsOf(rest.slice(2, -2))) {
          expect(this.elements.get(name)?.has(key)).toBe(false)
          this.elements.get(name)?.set(key, element)
        }
        break
      case 'delete element':
        for (const key of rest.slice(2, -2).split(', '))
          expect(this.elements.get(name)?.delete(key)).toBe(true)
        break
      default:
        throw new Error(`nft knows no ${line}`)
    }
  }

  /** The chains that something goes to. */
  #targets(): Set<string> {
    const words = [
      ...this.chains.values(),
      ...[...this.elements.values()].map(map => [...map.values()]),
    ].flat()
    return new Set(words.flatMap(text => /\b(?:goto|jump) (\S+)$/.exec(text)?.[1] ?? []))
  }
}

function elementsOf(text: string): Map<string, string> {
  const elements = text.split(/,\s+/).filter(Boolean)
  return new Map(elements.map(element => [element.split(' : ')[0] ?? '', element]))
}

const given: fc.Arbitrary<Given> = fc.record({
  name: fc.constantFrom('web', 'api', 'db'),
  pods: fc.uniqueArray(fc.constantFrom('10.244.0.5', '10.244.0.6', '10.244.1.5', '10.244.2.5'), {
    maxLength: 4,
  }),
  spec: fc.record(
    {
      clusterIP: fc.constantFrom('10.96.0.20', '10.96.0.21', '10.96.0.22'),
      type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
      ports: fc.constantFrom(30_080, 30_081).map(nodePort => [{ name: 'http', port: 80, nodePort }]),
      externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
      externalIPs: fc.constant(['198.51.100.7']),
      loadBalancerSourceRanges: fc.constant(['192.0.2.0/24']),
    },
    { requiredKeys: ['clusterIP', 'type', 'ports'] },
  ) as fc.Arbitrary<Service['spec']>,
})
const world = fc.uniqueArray(given, { selector: ({ name }) => name })

const web: Given = { name: 'web', pods: ['10.244.1.5'], spec: { clusterIP: '10.96.0.20' } }

describe('the change of a ruleset', () => {
  it('makes the table of one that of the other, whatever Services come, go and change', () => {
    fc.assert(
      fc.property(world, world, (now, next) => {
        const [before, after] = [rules(now), rules(next)]
        const table = new Table(before)
        table.run(change(before, after) ?? 'none')
        expect(table).toEqual(new Table(after))
      }),
      { numRuns: 40 },
    )
  })

  it('is nothing where nothing has changed', () => {
    expect(change(rules([web]), rules([web]))).toBe('')
  })

  it('is a few lines where one endpoint has', () => {
    const other = { ...web, pods: ['10.244.1.6'] }
    const lines = change(rules([web]), rules([other]))
      ?.trim()
      .split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^flush chain ip coxswain svc-[0-9a-f]{16}$/),
      expect.stringMatching(
        /^add rule ip coxswain svc-[0-9a-f]{16} +meta l4proto tcp dnat .* 0 : 10\.244\.1\.6 \. 8080 \}/,
      ),
    ])
  })

  it.each<[string, string]>([
    ['a chain at a hook', rules([web]).replace('tcp flags syn', 'tcp flags rst')],
    ['what names stand for', `# -D pods=br-1\n${rules([web])}`],
    [
      'the type of a set',
      rules([web]).replace('type ipv4_addr : verdict', 'type ipv4_addr . mark : verdict'),
    ],
    ['which sets there are', rules([web]).replace('set hairpin', 'set other')],
    ['nothing, for there is no file yet', ''],
  ])('is the whole table where another one is %s', (_, next) => {
    expect(change(rules([web]), next)).toBeUndefined()
    expect(change(next, rules([web]))).toBeUndefined()
  })
})
