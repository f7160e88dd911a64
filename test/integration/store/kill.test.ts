import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFolder } from './open-folder.ts'
import { buildProgram } from './programs.ts'

const ROUNDS = 20

let folder: string

beforeAll(async () => {
  // In the checkout, so that the programs find node_modules.
  folder = await mkdtemp(join(process.cwd(), 'test', '.store-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Acknowledged {
  revision: number
  content: string
}

function collect(child: ChildProcess, into: Map<string, Acknowledged>): () => string[] {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => {
    const lines = text.split('\n').slice(0, -1)
    for (const line of lines) {
      const [resource, name, revision, content = ''] = line.split(' ')
      into.set(`${resource} ${name}`, { revision: Number(revision), content })
    }
    return lines
  }
}

describe('kill -9', () => {
  it(`at ${ROUNDS} instants, half of them within a compaction, loses nothing that was acknowledged`, async () => {
    const program = await buildProgram('writer', folder)
    const dataDir = join(folder, 'killed')
    const acknowledged = new Map<string, Acknowledged>()
    let withinCompaction = 0
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'close')
      const finish = collect(child, acknowledged)
      await once(child.stdout, 'data')
      if (round % 2 === 0) await wait(Math.random() * 400)
      else while (!existsSync(join(dataDir, 'store', 'objects.db~'))) await wait(1)
      child.kill('SIGKILL')
      await exited
      expect(finish().length).toBeGreaterThan(0)
      if (existsSync(join(dataDir, 'store', 'objects.db~'))) withinCompaction++

      const store = await openFolder(dataDir)
      let newest = 0
      for (const [key, { revision, content }] of acknowledged) {
        newest = Math.max(newest, revision)
        const [resource = '', name = ''] = key.split(' ')
        const stored = store.get(resource, name, 'test')
        const at = Number(stored?.metadata.resourceVersion ?? Infinity)
        // A write that was not acknowledged any more may have come upon it.
        const same = content === 'deleted' ? !stored : stored && at === revision
        expect(same || at > revision, `${key} ${content} at ${revision}, found at ${at}`).toBe(true)
        if (at === revision) expect(stored).toMatchObject({ data: { content } })
      }
      expect(store.revision).toBeGreaterThanOrEqual(newest)
      await store.close()
    }
    expect(withinCompaction).toBeGreaterThan(0)
  })
})

describe('several processes that want one data folder', () => {
  it('have one owner, also right after the last one was killed', async () => {
    const program = await buildProgram('claimer', folder)
    const dataDir = join(folder, 'claimed')
    for (let round = 0; round < 5; round++) {
      const children = Array.from({ length: 6 }, () =>
        spawn(process.execPath, [program, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] }),
      )
      const exited = children.map(child => once(child, 'close'))
      await Promise.all(children.map(child => once(child.stdout, 'data')))
      const answers = children.map(async child => {
        const [chunk] = await once(child.stdout, 'data')
        return String(chunk).trim()
      })
      for (const child of children) child.stdin.write('go\n')
      const said = await Promise.all(answers)
      const owner = children[said.indexOf('owner')]
      expect(said.filter(answer => answer === 'owner')).toHaveLength(1)
      // A refusal may name the process that was about to become the owner.
      expect(said.filter(answer => answer.startsWith('refused by'))).toHaveLength(5)
      await expect(openFolder(dataDir)).rejects.toThrow(`${dataDir} is in use by process ${owner?.pid}`)
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(exited)
    }
  })
})
