import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src-main/api/types.ts'
import type { Engine, EngineContainer, LogOptions } from '../../../src-main/engine/engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { specHash } from '../../../src-main/kubelet/identity.ts'
import { podLogs } from '../../../src-main/kubelet/pod-logs.ts'

const MAIN = { name: 'main', image: 'web:1' }
const T = Date.UTC(2026, 0, 1)

/** Docker's log of one container over all of its runs: ms since T, and the line. */
type Line = [number, string]

function engineWith(container: Partial<EngineContainer>, lines: Line[]): Engine {
  const whole = {
    id: 'c',
    labels: {
      [LABEL.container]: 'main',
      [LABEL.specHash]: specHash(MAIN),
      [LABEL.podUid]: 'u',
    } as Record<string, string>,
    restartCount: 0,
    ...container,
  } as EngineContainer
  const within = ({ since = 0, until = Infinity }: LogOptions) =>
    lines.filter(([at]) => T + at >= since && T + at <= until)
  return {
    listContainers: () => Promise.resolve([whole]),
    inspectContainer: () => Promise.resolve(whole),
    containerLogs: (_id: string, options: LogOptions) =>
      Promise.resolve(
        Readable.from(
          within(options).map(([, line]) => ({ stream: 'stdout', data: Buffer.from(`${line} `) })),
        ),
      ),
  } as unknown as Engine
}

function podThatRestarted(restartCount: number): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u' },
    spec: { containers: [MAIN] },
    status: { containerStatuses: [{ name: 'main', image: '', imageID: '', ready: true, restartCount }] },
  } as unknown as Pod
}

async function said(restarts: number, container: Partial<EngineContainer>, lines: Line[], previous = false) {
  const at = { engine: engineWith(container, lines), clusterId: 'test' }
  const options = { container: 'main', follow: false, previous, timestamps: false }
  return (await text(await podLogs(at, podThatRestarted(restarts), options))).trim()
}

describe('the logs of a container', () => {
  it('begin with its first word, though Docker wrote down later that it had started', async () => {
    const lines: Line[] = [
      [-40, 'first'],
      [5, 'second'],
    ]
    expect(await said(0, { state: 'running', startedAt: T }, lines)).toBe('first second')
    expect(await said(0, { state: 'exited', startedAt: T, finishedAt: T + 9 }, lines)).toBe('first second')
  })

  it('are those of its last run, from the first word on', async () => {
    const lines: Line[] = [
      [-900, 'before'],
      [-60, 'first'],
      [5, 'second'],
    ]
    const ran = { startedAt: T, restartCount: 1 }
    expect(await said(1, { ...ran, state: 'running', finishedAt: T - 880 }, lines)).toBe('first second')
    expect(await said(1, { ...ran, state: 'exited', finishedAt: T + 9 }, lines)).toBe('first second')
  })

  it('are those of the run before when asked for', async () => {
    const lines: Line[] = [
      [-900, 'before'],
      [5, 'now'],
    ]
    const container = { state: 'running', startedAt: T, finishedAt: T - 880, restartCount: 1 } as const
    expect(await said(1, container, lines, true)).toBe('before')
  })
})
