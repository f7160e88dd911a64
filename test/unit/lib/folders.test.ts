import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFolder } from '../../../src-main/lib/folders.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'folders-'))
})
afterAll(() => rm(dir, { recursive: true }))

it('makes a folder, and those above it, once', async () => {
  const path = join(dir, 'a', 'b', 'c')
  await Promise.all([makeFolder(path, 0o700), makeFolder(path, 0o700)])
  await makeFolder(path)
  for (const each of [path, join(dir, 'a')]) expect((await stat(each)).mode & 0o777).toBe(0o700)
})

it('says so where there is a file, and where there can be no folder', async () => {
  const file = join(dir, 'file')
  await writeFile(file, '')
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  // Node's own mkdir with `recursive` never ends here
  await expect(makeFolder('/proc/none/below')).rejects.toMatchObject({ code: 'ENOENT' })
})
