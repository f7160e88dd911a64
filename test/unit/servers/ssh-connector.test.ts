import type { lookup } from 'node:dns/promises'
import { describe, expect, it, vi } from 'vitest'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { numericAddress, pingBoth } from '../../../src-main/servers/ssh-connector.ts'

function begin() {
  const engine = createSimulatedEngine({
    clock: new ManualClock(),
    hostName: 'web-1',
    cpus: 2,
    memoryBytes: 2 ** 31,
    latencyMs: 0,
  })
  const info = vi.spyOn(engine, 'info')
  const ping = pingBoth({ ping: async () => 1 }, engine)
  /** Which of so many pings failed, by number. */
  const failed = async (count: number) => {
    const numbers: number[] = []
    for (let n = 1; n <= count; n++) await ping(1_000).catch(() => numbers.push(n))
    return numbers
  }
  return { info, ping, failed }
}

describe('the pings of a server over SSH', () => {
  it('ask Docker at every fifth', async () => {
    const { info, failed } = begin()
    expect(await failed(10)).toEqual([])
    expect(info).toHaveBeenCalledTimes(2)
  })

  it('fail from the first that Docker does not answer until it does, though sshd answers them all', async () => {
    const { info, ping, failed } = begin()
    info.mockRejectedValue(new Error('connect ECONNREFUSED'))
    expect(await failed(12)).toEqual([5, 6, 7, 8, 9, 10, 11, 12])
    await expect(ping(1_000)).rejects.toMatchObject({ condition: 'DockerReady', reason: 'EngineStopped' })
    info.mockRestore()
    expect(await failed(10)).toEqual([])
  })
})

describe('the address of a server', () => {
  const IPV4 = { address: '192.0.2.1', family: 4 }
  const IPV6 = { address: '2001:db8::1', family: 6 }
  const known: Record<string, (typeof IPV4)[]> = { both: [IPV6, IPV4], six: [IPV6] }
  const resolve = ((host: string, { family }: { family: number }) => {
    const found = known[host]?.find(each => family === 0 || each.family === family)
    return found ? Promise.resolve(found) : Promise.reject(new Error(`ENOTFOUND ${host}`))
  }) as typeof lookup

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['both', '192.0.2.1'],
    ['six', '2001:db8::1'],
    ['behind-a-jump-host', 'behind-a-jump-host'],
  ])('%s is %s', async (host, address) => {
    expect(await numericAddress(host, resolve)).toBe(address)
  })
})
