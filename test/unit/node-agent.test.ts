import { describe, expect, it, vi } from 'vitest'
import { silentLogger as logger } from '../../src-main/lib/logger.ts'
import { ManualClock } from '../../src-main/lib/manual-clock.ts'
import { startCleared } from '../../src-main/node-agent.ts'

function server(routes: string | Error) {
  const clock = new ManualClock()
  const state = { routes }
  const agent = { stop: vi.fn(async () => undefined) }
  const start = vi.fn(async () => agent)
  const run = async () => {
    if (state.routes instanceof Error) throw state.routes
    return { code: 0, stdout: state.routes, stderr: '' }
  }
  const options = { run, clashes: async (text: string) => text === 'in the way', start, clock, logger }
  return { clock, state, agent, start, options }
}

describe('a server that is connected', () => {
  it('gets its network and kubelet at once when nothing is in the way', async () => {
    const { start, agent, options } = server('')
    expect(await startCleared(options)).toBe(agent)
    expect(start).toHaveBeenCalledOnce()
  })

  it('is left as it is while a route is in the way, and set up when that has gone', async () => {
    const { start, agent, clock, state, options } = server('in the way')
    const waiting = await startCleared(options)
    await clock.advance(30_000)
    expect(start).not.toHaveBeenCalled()
    state.routes = ''
    await vi.waitFor(async () => {
      await clock.advance(10_000)
      expect(start).toHaveBeenCalledOnce()
    })
    await waiting.stop()
    expect(agent.stop).toHaveBeenCalledOnce()
  })

  it('that leaves while it waits is never set up', async () => {
    const { start, clock, state, options } = server('in the way')
    const waiting = await startCleared(options)
    await waiting.stop()
    state.routes = ''
    await clock.advance(60_000)
    expect(start).not.toHaveBeenCalled()
  })

  it('is set up when its routes cannot be read: its user may be bound to Docker', async () => {
    const { start, options } = server(new Error('This account is currently not available.'))
    await startCleared(options)
    expect(start).toHaveBeenCalledOnce()
    await startCleared({ ...options, run: undefined })
    expect(start).toHaveBeenCalledTimes(2)
  })

  it('is tried again when the start fails after the wait', async () => {
    const { start, clock, state, options } = server('in the way')
    start.mockRejectedValueOnce(new Error('the connection broke'))
    await startCleared(options)
    state.routes = ''
    await vi.waitFor(async () => {
      await clock.advance(10_000)
      expect(start).toHaveBeenCalledTimes(2)
    })
  })
})
