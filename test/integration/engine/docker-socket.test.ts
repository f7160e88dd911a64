import { expect, it } from 'vitest'
import { createLocalEngine } from '../../../src-main/engine/docker/docker-engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { lab, waitFor } from '../lab.ts'
import { engineContract } from './contract.ts'
import { labImages } from './lab-server.ts'

const createEngine = () =>
  createLocalEngine({ socketPath: `${lab.env.dir}/n1/shared/docker.sock`, logger: silentLogger })

engineContract('Docker through a unix socket', async () => {
  const engine = createEngine()
  return { ...labImages(lab.env), engine, close: () => engine.close() }
})

it('a container that says much leaves room on the disk', async () => {
  const engine = createEngine()
  const id = await engine.createContainer({
    name: 'chatty',
    image: lab.env.base,
    labels: {},
    command: ['sh', '-c', `yes ${'x'.repeat(8_000)} | head -c 80000000; echo; echo the last words`],
    environment: [],
    restartPolicy: 'no',
    network: { mode: 'none' },
  })
  await engine.startContainer(id)
  await waitFor('its end', async () => (await engine.inspectContainer(id))?.state === 'exited')
  const files = await lab.ssh(1, `du -cb $(docker inspect -f '{{.LogPath}}' ${id})* | tail -1`)
  expect(Number(files.split('\t')[0])).toBeLessThan(55_000_000)
  let said = ''
  for await (const { data } of await engine.containerLogs(id, { tail: 1 })) said += data.toString()
  expect(said).toBe('the last words\n')
  await engine.removeContainer(id)
  engine.close()
})
