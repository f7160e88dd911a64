import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeKubeconfig } from '../../../src-main/api/auth/kubeconfig.ts'
import { kubeconfigCommand } from '../../../src-main/cli/kubeconfig.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
  const input = { server: 'https://127.0.0.1:6443', authority: 'PEM', token: 't' }
  await writeKubeconfig(join(folder, 'kubeconfig'), input)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (options: object = {}, env: NodeJS.ProcessEnv = {}) =>
  kubeconfigCommand({ dataDir: folder, merge: false, name: 'coxswain', switchContext: true, ...options }, env)

describe('cox kubeconfig', () => {
  it('prints the file of the data folder', async () => {
    expect(await run()).toBe(await readFile(join(folder, 'kubeconfig'), 'utf8'))
    expect(await run({ name: 'home' })).toContain('current-context: home')
  })

  it('merges into the first file of $KUBECONFIG, which it makes for its owner only', async () => {
    const file = join(folder, 'new', 'config')
    expect(await run({ merge: true }, { KUBECONFIG: `${file}:/nowhere` })).toContain(`into ${file}`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await run({ merge: true, file })).toBe(`${file} has it already\n`)
  })

  it('keeps a copy of what was there', async () => {
    const file = join(folder, 'config')
    await writeFile(file, 'current-context: mine\n')
    const said = await run({ merge: true, file, switchContext: false })
    expect(said).toContain('kubectl config use-context coxswain')
    expect(await readFile(`${file}.bak`, 'utf8')).toBe('current-context: mine\n')
    expect(await readFile(file, 'utf8')).toContain('current-context: mine')
  })

  it('leaves a file alone that it cannot read, and says what to do where there is nothing to print', async () => {
    const file = join(folder, 'config')
    await writeFile(file, 'a: [')
    await expect(run({ merge: true, file })).rejects.toThrow(`cannot merge into ${file}`)
    expect(await readFile(file, 'utf8')).toBe('a: [')
    await expect(run({ dataDir: join(folder, 'none') })).rejects.toThrow('cox serve --data')
  })
})
