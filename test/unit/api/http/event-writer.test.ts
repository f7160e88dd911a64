import { PassThrough } from 'node:stream'
import { expect, it, vi } from 'vitest'
import { EventWriter } from '../../../../src-main/api/http/event-writer.ts'
import { systemClock as clock } from '../../../../src-main/lib/clock.ts'
import type { Logger } from '../../../../src-main/lib/logger.ts'

function watcher() {
  const error = vi.fn()
  const client = new PassThrough()
  const writer = new EventWriter(client, { clock, logger: { error } as unknown as Logger })
  return { client, writer, error }
}

it('breaks off a watch of which an event cannot be written, and goes on with the others', async () => {
  const broken = watcher()
  const other = watcher()
  const render = () => {
    throw new TypeError('no such column')
  }
  broken.writer.push({ type: 'ADDED', object: { a: 1 }, render })
  other.writer.push({ type: 'ADDED', object: { a: 1 } })
  await vi.waitFor(() => expect(broken.client.destroyed).toBe(true))
  expect(broken.error).toHaveBeenCalledTimes(1)
  other.writer.push({ type: 'MODIFIED', object: { a: 2 } })
  await vi.waitFor(() => expect(String(other.client.read())).toContain('"MODIFIED"'))
})

it('writes nothing of an object that is not shown', async () => {
  const { client, writer } = watcher()
  writer.expect([
    { type: 'ADDED', object: { a: 1 }, render: () => undefined },
    { type: 'ADDED', object: { a: 2 }, render: object => ({ ...object, shown: true }) },
  ])
  writer.end()
  const lines = (await client.toArray()).map(String).join('')
  expect(lines).toBe('{"type":"ADDED","object":{"a":2,"shown":true}}\n')
})
