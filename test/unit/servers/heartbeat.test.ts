import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { HEARTBEAT_MS, keepHeartbeat, SILENCE_MS } from '../../../src-main/servers/heartbeat.ts'
import { ServerProblem } from '../../../src-main/servers/link.ts'
import { createFakeLink } from './fake-link.ts'

function begin() {
  const clock = new ManualClock()
  const fake = createFakeLink()
  const heard = vi.fn()
  const stopping = new AbortController()
  const ended = vi.fn()
  const missed = vi.fn()
  const running = keepHeartbeat(fake.link, { clock, signal: stopping.signal, heard, missed }).then(
    ended,
    ended,
  )
  return { clock, heard, missed, stopping, ended, running, ...fake }
}

describe('the heartbeat', () => {
  it('pings every 2 s and says so', async () => {
    const { clock, heard, ended } = begin()
    await clock.advance(5 * HEARTBEAT_MS)
    expect(heard).toHaveBeenCalledTimes(5)
    expect(ended).not.toHaveBeenCalled()
  })

  it('forgives a silence of less than 8 s', async () => {
    const { clock, heard, ended, state } = begin()
    state.alive = false
    await clock.advance(SILENCE_MS - HEARTBEAT_MS)
    state.alive = true
    await clock.advance(2 * HEARTBEAT_MS)
    expect(heard).toHaveBeenCalled()
    expect(ended).not.toHaveBeenCalled()
  })

  it('ends after 8 s of silence', async () => {
    const { clock, ended, state } = begin()
    state.alive = false
    await clock.advance(SILENCE_MS)
    expect(ended).toHaveBeenCalledWith('No answer for 8 s: no answer')
  })

  it('ends with the problem of an engine that has been silent for 8 s, and says so before', async () => {
    const { clock, ended, missed, state } = begin()
    state.error = new ServerProblem('DockerReady', 'EngineStopped', 'Docker does not answer.')
    await clock.advance(HEARTBEAT_MS)
    expect(missed).toHaveBeenCalledWith(state.error)
    expect(ended).not.toHaveBeenCalled()
    await clock.advance(SILENCE_MS)
    expect(ended).toHaveBeenCalledWith(state.error)
  })

  it('ends at once with the reason when the connection ends', async () => {
    const { ended, end, running } = begin()
    end('reset by peer')
    await running
    expect(ended).toHaveBeenCalledWith('reset by peer')
  })

  it('ends when it is told to', async () => {
    const { stopping, running, state, clock } = begin()
    stopping.abort()
    await running
    const { pings } = state
    await clock.advance(10 * HEARTBEAT_MS)
    expect(state.pings).toBe(pings)
  })
})
