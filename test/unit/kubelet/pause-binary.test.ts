import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { pauseBinary } from '../../../src-main/kubelet/pause-binary.ts'

const folder = mkdtempSync(join(tmpdir(), 'pause-'))
afterAll(() => rmSync(folder, { recursive: true }))

const status = (pid: number | undefined) => readFileSync(`/proc/${pid}/status`, 'utf8')

const here = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]

describe('pauseBinary', () => {
  it('is the arm64 instructions that an assembler makes', () => {
    const code = pauseBinary('arm64').subarray(120)
    const words = Array.from({ length: code.length / 4 - 2 }, (_, index) => code.readUInt32LE(index * 4))
    expect(words.map(word => word.toString(16))).toEqual([
      'd28010e8', // mov  x8, #135
      'd2800000', // mov  x0, #0
      '10000381', // adr  x1, all
      'd2800002', // mov  x2, #0
      'd2800103', // mov  x3, #8
      'd4000001', // svc  #0
      'd2801128', // wait: mov x8, #137
      '100002e0', // adr  x0, all
      'd2800001', // mov  x1, #0
      'd2800002', // mov  x2, #0
      'd2800103', // mov  x3, #8
      'd4000001', // svc  #0
      'f100441f', // cmp  x0, #17
      '54000100', // b.eq reap
      'f1003c1f', // cmp  x0, #15
      '54000060', // b.eq exit
      'f100081f', // cmp  x0, #2
      '54fffea1', // b.ne wait
      'd2800bc8', // exit: mov x8, #94
      'd2800000', // mov  x0, #0
      'd4000001', // svc  #0
      'd2802088', // reap: mov x8, #260
      '92800000', // mov  x0, #-1
      'd2800001', // mov  x1, #0
      'd2800022', // mov  x2, #1
      'd2800003', // mov  x3, #0
      'd4000001', // svc  #0
      'f100001f', // cmp  x0, #0
      '54ffff2c', // b.gt reap
      '17ffffe9', // b    wait
    ])
  })

  it.runIf(here !== undefined && process.platform === 'linux').each(['SIGTERM', 'SIGINT'] as const)(
    'runs here, and ends at once on %s',
    async signal => {
      const file = join(folder, `pause-${signal}`)
      writeFileSync(file, pauseBinary(here ?? ''), { mode: 0o755 })
      const child = spawn(file)
      const exited = once(child, 'exit')
      await once(child, 'spawn')
      // until it waits for them, signals do what they do to any program
      await vi.waitFor(() => expect(status(child.pid)).toMatch(/^State:\s+S/m))
      child.kill('SIGUSR1') // anything else is waited out
      child.kill(signal)
      expect(await exited).toEqual([0, null])
    },
  )

  it('does not know every architecture', () => {
    expect(() => pauseBinary('riscv64')).toThrow('riscv64')
  })
})
