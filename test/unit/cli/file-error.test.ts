import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileErrorMessage } from '../../../src-main/cli/file-error.ts'

test('what the system refuses is said in words, with the path', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-'))
  try {
    const absent = join(folder, 'absent')
    const missing: unknown = await readFile(absent).catch((error: unknown) => error)
    expect(fileErrorMessage(missing)).toBe(`${absent}: there is no such file or folder`)

    const file = join(folder, 'file')
    await writeFile(file, '')
    const inFile: unknown = await open(join(file, 'store'), 'w').catch((error: unknown) => error)
    expect(fileErrorMessage(inFile)).toMatch(/a part of this path is a file/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('other errors are not about a file', () => {
  expect(fileErrorMessage(new Error('no'))).toBeUndefined()
  expect(fileErrorMessage(undefined)).toBeUndefined()
})
