import { expect, it } from 'vitest'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { removeTraces } from '../../../src-main/servers/remove-traces.ts'

const tags = ['coxswain/system:1', 'coxswain/system:2', 'coxswain/pause:1', 'nginx:1', 'me/coxswain:1']

it('takes our own images away, but none that somebody else’s container uses', async () => {
  const images = [...tags, 'coxswain/shell:1']
  const engine = createSimulatedEngine({
    clock: new ManualClock(),
    hostName: 'a',
    cpus: 1,
    memoryBytes: 2 ** 30,
    images,
  })
  const theirs = { name: 'theirs', image: 'coxswain/shell:1', labels: {}, environment: [] }
  await engine.createContainer({ ...theirs, restartPolicy: 'no', network: { mode: 'none' } })
  const ours = { ...theirs, name: 'ours', image: 'coxswain/system:2' }
  const labels = { 'io.coxswain.cluster': 'c' }
  await engine.createContainer({ ...ours, labels, restartPolicy: 'no', network: { mode: 'none' } })
  await removeTraces(engine, 'c')
  const left = (await engine.listImages()).flatMap(image => image.tags)
  expect(left.sort()).toEqual(['coxswain/shell:1', 'me/coxswain:1', 'nginx:1'])
})
