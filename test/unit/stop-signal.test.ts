import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { stopSignal } from '../../src-main/stop-signal.ts'

function setUp() {
  let now = 0
  const process = new EventEmitter()
  const force = vi.fn()
  const clock = { now: () => now, after: () => () => undefined }
  const told = stopSignal({ clock, process: process as unknown as NodeJS.Process, force })
  return { process, force, told, pass: (ms: number) => (now += ms) }
}

test('a Ctrl+C that arrives several times is one, and stops in peace', async () => {
  const { process, force, told, pass } = setUp()
  process.emit('SIGINT')
  await told
  pass(300)
  expect([process.emit('SIGINT'), process.emit('SIGTERM')]).toEqual([true, true])
  expect(force).not.toHaveBeenCalled()
})

test('one that comes seconds later ends the process at once', async () => {
  const { process, force, told, pass } = setUp()
  process.emit('SIGTERM')
  await told
  pass(5_000)
  process.emit('SIGINT')
  expect(force).toHaveBeenCalledOnce()
})
