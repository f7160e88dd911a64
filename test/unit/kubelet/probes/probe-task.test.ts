import { describe, expect, it } from 'vitest'
import { ProbeTask } from '../../../../src-main/kubelet/probes/probe-task.ts'
import type { Probe, ProbeResult } from '../../../../src-main/kubelet/probes/result.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'

type Outcome = ProbeResult['outcome']

interface Setup {
  probe?: Probe
  random?: number
  delayMs?: number
  eager?: boolean
  /** Answers in order; the last one goes on for ever. */
  answers?: Outcome[]
}

/** A task whose tries, told failures and verdicts are written down with the second at which they happened. */
function task({ probe = {}, random = 0, delayMs = 0, eager = false, answers = ['success'] }: Setup) {
  const clock = new ManualClock(0)
  const log: string[] = []
  let tries = 0
  const note = (what: string) => log.push(`${clock.now() / 1000}s ${what}`)
  const started = new ProbeTask({
    clock,
    random: () => random,
    probe,
    delayMs,
    eager,
    run() {
      const outcome = answers[Math.min(tries++, answers.length - 1)] ?? 'success'
      note('try')
      return Promise.resolve({ outcome, message: outcome })
    },
    onFailure: ({ outcome }) => void note(`tell ${outcome}`),
    onVerdict: healthy => void note(healthy ? 'healthy' : 'unhealthy'),
  })
  started.start()
  const only = (what: RegExp) => log.filter(line => what.test(line))
  return {
    clock,
    task: started,
    tries: () => only(/try/),
    verdicts: () => only(/healthy/),
    told: () => only(/tell/),
  }
}

describe('a probe', () => {
  it('is tried at the end of a random part of its period after the initial delay, then once a period', async () => {
    const { clock, tries } = task({ probe: { periodSeconds: 10 }, random: 0.5, delayMs: 3000 })
    await clock.advance(30_000)
    expect(tries()).toEqual(['8s try', '18s try', '28s try'])
  })

  it('is tried every 10 s unless the manifest says more', async () => {
    const { clock, tries } = task({})
    await clock.advance(25_000)
    expect(tries()).toEqual(['0s try', '10s try', '20s try'])
  })

  it.each<[string, Probe, Outcome[], string[]]>([
    ['3 failures by default', {}, ['failure'], ['20s unhealthy', '30s unhealthy']],
    ['failureThreshold', { failureThreshold: 1 }, ['failure', 'success'], ['0s unhealthy', '10s healthy', '20s healthy', '30s healthy']],
    ['successThreshold', { successThreshold: 2 }, ['success'], ['10s healthy', '20s healthy', '30s healthy']],
    ['failures that are not in a row', { failureThreshold: 2 }, ['failure', 'success', 'failure', 'success'], ['10s healthy', '30s healthy']],
    ['no answer counts neither way', { failureThreshold: 2 }, ['failure', 'unknown', 'failure'], ['20s unhealthy', '30s unhealthy']],
  ])('judges by its thresholds: %s', async (_name, probe, answers, verdicts) => {
    const probed = task({ probe, answers })
    await probed.clock.advance(35_000)
    expect(probed.verdicts()).toEqual(verdicts)
  }) // prettier-ignore

  it('tells of failures and of errors, not of silence', async () => {
    const probed = task({ answers: ['failure', 'unknown', 'error', 'success'] })
    await probed.clock.advance(35_000)
    expect(probed.told()).toEqual(['0s tell failure', '20s tell error'])
  })

  it('is not tried again while a try is under way', async () => {
    const clock = new ManualClock(0)
    let open = 0
    const slow = new ProbeTask({
      clock,
      random: () => 0,
      probe: { periodSeconds: 1 },
      delayMs: 0,
      eager: false,
      run: () => {
        open++
        return new Promise(() => undefined)
      },
      onFailure: () => undefined,
      onVerdict: () => undefined,
    })
    slow.start()
    await clock.advance(10_000)
    expect(open).toBe(1)
  })

  it('is not tried after it was stopped', async () => {
    const { clock, task: stopped, tries } = task({ eager: true, answers: ['failure'] })
    await clock.advance(11_000)
    stopped.stop()
    const before = tries().length
    await clock.advance(60_000)
    expect(tries()).toHaveLength(before)
  })

  it('keeps its pace after the computer slept, without catching up', async () => {
    const { clock, tries } = task({ probe: { periodSeconds: 10 } })
    await clock.advance(5_000)
    Object.assign(clock, {
      now: (
        now => () =>
          now() + 3_600_000
      )(clock.now.bind(clock)),
    })
    await clock.advance(1_000)
    expect(tries()).toHaveLength(1)
  })
})

describe('an eager probe', () => {
  it('finds a container ready as soon as it is, though its period is long', async () => {
    const answers: Outcome[] = ['failure', 'failure', 'success']
    const probed = task({ probe: { periodSeconds: 60 }, random: 0.9, eager: true, answers })
    await probed.clock.advance(1_000)
    expect(probed.verdicts()).toEqual(['0.3s healthy'])
    expect(probed.told()).toEqual([])
  })

  it('counts no failure before its time, and soon leaves it at the period', async () => {
    const probed = task({
      probe: { periodSeconds: 20, failureThreshold: 2 },
      random: 0.5,
      eager: true,
      answers: ['failure'],
    })
    await probed.clock.advance(31_000)
    expect(probed.told()).toEqual(['10s tell failure', '30s tell failure'])
    expect(probed.verdicts()).toEqual(['30s unhealthy'])
    expect(probed.tries().length).toBeLessThan(12)
  })

  it('waits out the initial delay', async () => {
    const probed = task({ delayMs: 5_000, eager: true })
    await probed.clock.advance(4_999)
    expect(probed.tries()).toEqual([])
  })

  it('does not hurry when several successes are asked for', async () => {
    const probed = task({ probe: { successThreshold: 2, periodSeconds: 10 }, random: 0.5, eager: true })
    await probed.clock.advance(14_000)
    expect(probed.tries()).toEqual(['5s try'])
  })
})
