import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LockHeld, takeLock } from '../../../src-main/store/lock-file.ts'

let dir: string
let file: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lock-'))
  file = join(dir, 'owner.lock')
})
afterEach(() => rm(dir, { recursive: true }))

describe('takeLock', () => {
  it('refuses while a living process holds it, and works again once it is released', async () => {
    const release = await takeLock(file)
    await expect(takeLock(file)).rejects.toThrow(new LockHeld(process.pid, file).message)
    release()
    const again = await takeLock(file)
    expect(await readdir(dir)).toEqual(['owner.lock'])
    again()
    expect(await readdir(dir)).toEqual([])
  })

  const dead = () => spawnSync(process.execPath, ['--version']).pid
  it.each([
    { what: 'a process that is gone', text: () => JSON.stringify({ pid: dead(), nonce: 'abc' }) },
    {
      what: 'an earlier process of the same pid',
      text: () => JSON.stringify({ pid: process.pid, started: 'an-earlier-boot:1', nonce: 'abc' }),
    },
    { what: 'a process cut off while writing', text: () => '{"pid":' },
    { what: 'an empty file', text: () => '' },
  ])('takes over from $what', async ({ text }) => {
    await writeFile(file, text())
    const release = await takeLock(file)
    await expect(takeLock(file)).rejects.toThrow(LockHeld)
    expect(await readdir(dir)).toEqual(['owner.lock'])
    release()
  })

  it('gives a dead owner’s lock to exactly one of many, also when one died while taking it over', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(file, JSON.stringify({ pid: dead(), nonce: 'abc' }))
      await writeFile(`${file}.abc`, JSON.stringify({ pid: dead(), nonce: 'def' }))
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(file)))
      const winners = results.filter(result => result.status === 'fulfilled')
      expect(winners).toHaveLength(1)
      winners.forEach(({ value }) => value())
      expect(await readdir(dir)).toEqual([])
    }
  })
})
