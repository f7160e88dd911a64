import { appendFile, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger, type Logger } from '../../../src-main/lib/logger.ts'
import { DamagedFile } from '../../../src-main/store/nedb/damage.ts'
import { NedbKeyValueStore } from '../../../src-main/store/nedb/key-value-store.ts'
import { repairStore } from '../../../src-main/store/repair.ts'

let dataDir: string
let dir: string
let file: string
let warnings: string[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'store-'))
  dir = join(dataDir, 'store')
  file = join(dir, 'objects.db')
  warnings = []
})
afterEach(() => rm(dataDir, { recursive: true }))

const logger: Logger = {
  ...silentLogger,
  debug: () => undefined,
  info: () => undefined,
  error: () => undefined,
  warn: (_, message) => warnings.push(message),
  child: () => logger,
}

function open(compactionFloor?: number): Promise<NedbKeyValueStore> {
  const watchWindow = { events: 0, bytes: 0 }
  const options = { dir, clock: systemClock, logger, watchWindow }
  return NedbKeyValueStore.open(compactionFloor === undefined ? options : { ...options, compactionFloor })
}

async function fill(count: number): Promise<number> {
  const kv = await open()
  for (let i = 0; i < count; i++) await kv.compareAndSwap(`k${i}`, 0, `value ${i}`)
  const { revision } = kv
  await kv.close()
  return revision
}

async function values(): Promise<string[]> {
  const kv = await open()
  const found = (await kv.range('')).map(({ key, value }) => `${key}=${value}`)
  await kv.close()
  return found
}

async function damagedCopies(): Promise<string[]> {
  const names = (await readdir(dir)).filter(name => name.includes('.damaged-'))
  return Promise.all(names.map(name => readFile(join(dir, name), 'utf8')))
}

describe('a torn tail', () => {
  const tails = {
    'half a line': '{"_id":"k9","c":12,"m":12,"v":"val',
    'half a line with its newline': '{"_id":"k9","c":12,"m":12,"v":"val\n',
    'half a character': Buffer.from('{"_id":"k9","c":12,"m":12,"v":"ä').subarray(0, -1),
    'the zeros of a power cut': Buffer.alloc(5000),
    'several bad lines': 'x\ny\n{"_id":"k',
  }
  it.each(Object.entries(tails))('of %s is set aside and the rest is there', async (_, tail) => {
    await fill(3)
    await appendFile(file, tail)
    expect(await values()).toEqual(['k0=value 0', 'k1=value 1', 'k2=value 2'])
    expect(await damagedCopies()).toEqual([`${tail.toString()}\n`.replace(/\n\n$/, '\n')])
    expect(warnings).toHaveLength(1)
    expect(await values()).toHaveLength(3)
    expect(warnings).toHaveLength(1)
  })

  it('that only lacks its newline is kept', async () => {
    await fill(2)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.trimEnd())
    expect(await values()).toEqual(['k0=value 0', 'k1=value 1'])
    expect(await damagedCopies()).toEqual([])
  })
})

describe('damage in the middle', () => {
  const changes = {
    'an unreadable line': (line: string) => line.slice(3),
    'a line that is no document': () => '{"hello":1}',
    'a line without its revision': (line: string) => line.replace(/"m":\d+/, '"m":0'),
  }
  it.each(Object.entries(changes))('(%s) refuses to start, naming file and line', async (_, change) => {
    await fill(30)
    const lines = (await readFile(file, 'utf8')).split('\n')
    lines[11] = change(lines[11] ?? '')
    const damaged = lines.join('\n')
    await writeFile(file, damaged)
    await expect(open()).rejects.toThrow(DamagedFile)
    await expect(open()).rejects.toThrow(`${file} is damaged at line 12:`)
    expect(await readFile(file, 'utf8')).toBe(damaged)
  })

  it('is set aside by a repair, and everything else is there', async () => {
    await fill(30)
    const lines = (await readFile(file, 'utf8')).split('\n')
    lines[11] = 'garbage'
    await writeFile(file, lines.join('\n'))
    expect(await repairStore(dataDir, systemClock.now())).toMatchObject({ lines: [12] })
    expect(await damagedCopies()).toEqual(['garbage\n'])
    expect(await values()).toHaveLength(29)
    expect(await repairStore(dataDir, systemClock.now())).toEqual({ lines: [] })
  })
})

describe('compaction', () => {
  it('keeps the file near the size of what counts, and every value, while writes go on', async () => {
    const kv = await open(20_000)
    const expected = new Map<string, string>()
    const writer = async (id: number) => {
      for (let i = 0; i < 400; i++) {
        const key = `k${id}-${i % 7}`
        const value = `${i} `.repeat(20)
        const current = await kv.get(key)
        const remove = i % 11 === 10 && current !== undefined
        await kv.compareAndSwap(key, current?.modRevision ?? 0, remove ? null : value)
        if (remove) expected.delete(key)
        else expected.set(key, value)
      }
    }
    await Promise.all([0, 1, 2, 3, 4].map(writer))
    await kv.compacted()
    const written = kv.revision
    const found = new Map((await kv.range('')).map(({ key, value }) => [key, value]))
    expect(found).toEqual(expected)
    expect((await stat(file)).size).toBeLessThan(60_000)
    await kv.close()
    const again = await open()
    expect(new Map((await again.range('')).map(({ key, value }) => [key, value]))).toEqual(expected)
    expect(again.revision).toBe(written)
    await again.close()
  })

  it('does not disturb a read of everything that began before it', async () => {
    const kv = await open(1000)
    for (let i = 0; i < 200; i++) await kv.compareAndSwap(`k${i}`, 0, 'x'.repeat(50))
    const [found] = await Promise.all([
      kv.range(''),
      ...Array.from({ length: 200 }, async (_, i) => {
        const current = await kv.get(`k${i}`)
        await kv.compareAndSwap(`k${i}`, current?.modRevision ?? 0, 'y'.repeat(50))
      }),
    ])
    expect(found).toHaveLength(200)
    await kv.close()
  })

  it('that a crash cut short leaves the old file in force', async () => {
    await fill(3)
    await copyFile(file, `${file}~`)
    await appendFile(`${file}~`, '{"_id":"k0","c":99,"m":99,"v":"half')
    expect(await values()).toEqual(['k0=value 0', 'k1=value 1', 'k2=value 2'])
    expect(await readdir(dir)).toEqual(['objects.db'])
  })

  it('that a crash cut short before the old file had a name again is completed', async () => {
    await fill(3)
    await copyFile(file, `${file}~`)
    await rm(file)
    expect(await values()).toHaveLength(3)
  })
})

describe('the file', () => {
  it('remembers the revision when the newest key is gone, over restarts and compaction', async () => {
    const before = await fill(3)
    const kv = await open()
    const deleted = await kv.compareAndSwap('k2', before, null)
    await kv.close()
    for (let i = 0; i < 3; i++) {
      const again = await open()
      expect(again.revision).toBe(deleted)
      await again.close()
    }
  })

  it('and its folder are for the owner only', async () => {
    await fill(1)
    expect((await stat(dir)).mode & 0o777).toBe(0o700)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })
})
