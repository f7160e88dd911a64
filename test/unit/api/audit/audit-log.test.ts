import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuditLog } from '../../../../src-main/api/audit/audit-log.ts'
import { systemClock as clock } from '../../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../../src-main/lib/logger.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
  path = join(folder, 'audit.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const linesOf = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { n?: number; kind?: string; count?: number })

describe('the audit log', () => {
  it('has one line an event, in order, for its owner only, and goes on after a restart', async () => {
    for (const start of [0, 100]) {
      const log = createAuditLog({ path, clock, logger: silentLogger })
      for (let n = start; n < start + 100; n++) log.write({ n })
      await log.close()
    }
    expect((await linesOf(path)).map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('rotates by size, keeps the newest files and loses no line between them', async () => {
    const log = createAuditLog({ path, maxBytes: 100, keep: 2, clock, logger: silentLogger })
    for (let n = 10; n < 50; n++) log.write({ n })
    await log.close()
    expect((await readdir(folder)).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2'])
    const files = [`${path}.2`, `${path}.1`, path]
    const kept = (await Promise.all(files.map(linesOf))).flat().map(({ n }) => n)
    expect(kept.length).toBeLessThan(40)
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 50 - kept.length + i))
    expect((await stat(`${path}.1`)).size).toBeLessThan(200)
  })

  it('says how many events were lost once it can be written again, and complains once', async () => {
    const warn = vi.fn()
    await mkdir(path)
    const log = createAuditLog({ path, clock, logger: { ...silentLogger, warn } })
    for (const n of [1, 2]) {
      log.write({ n })
      await vi.waitFor(() => expect(warn).toHaveBeenCalled())
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    await rm(path, { recursive: true })
    log.write({ n: 3 })
    await log.close()
    expect(await linesOf(path)).toEqual([{ kind: 'Lost', count: 2 }, { n: 3 }])
    expect(warn).toHaveBeenCalledTimes(1)
  })
})
