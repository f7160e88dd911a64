import { describe, expect, it } from 'vitest'
import { EngineError, type Engine } from '../../../src-main/engine/engine.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { ensureSystemImage, type Lender } from '../../../src-main/network/ensure-image.ts'

const image = { reference: 'coxswain/system:abc', context: Buffer.from('') }
const clock = new ManualClock()

function server(hostName: string, options: { images?: string[]; wayOut?: boolean; arch?: string } = {}) {
  const { images, wayOut = true, arch = 'amd64' } = options
  const engine = createSimulatedEngine({ clock, hostName, cpus: 2, memoryBytes: 2 ** 31, images })
  const build = async (context: Buffer, reference: string) => {
    if (!wayOut) throw new EngineError('build-failed', 'cannot build: Temporary failure resolving')
    await engine.buildImage(context, reference)
  }
  const info = async () => ({ ...(await engine.info()), architecture: arch })
  return { ...engine, buildImage: build, info, powerOff: engine.powerOff }
}

const lender = (name: string, engine: Engine): Lender => ({ name, engine })
const has = [image.reference]

describe('the system image', () => {
  it('is built on a server that can', async () => {
    const engine = server('a')
    expect(
      await ensureSystemImage(engine, image, [lender('b', server('b', { images: has }))]),
    ).toBeUndefined()
    expect(await engine.inspectImage(image.reference)).toBeDefined()
  })

  it('is left as it is where it is', async () => {
    const engine = server('a', { images: has, wayOut: false })
    expect(await ensureSystemImage(engine, image, [])).toBeUndefined()
  })

  it('is copied from the first that has it, is up and has the same architecture', async () => {
    const engine = server('a', { wayOut: false })
    const dead = server('d', { images: has })
    dead.powerOff()
    const lenders = [
      lender('without', server('b')),
      lender('arm', server('c', { images: has, arch: 'arm64' })),
      lender('dead', dead),
      lender('good', server('e', { images: has })),
    ]
    expect(await ensureSystemImage(engine, image, lenders)).toBe('good')
    expect(await engine.inspectImage(image.reference)).toBeDefined()
  })

  it('is missing where nobody has it, with the words of the build', async () => {
    const engine = server('a', { wayOut: false })
    await expect(ensureSystemImage(engine, image, [lender('b', server('b'))])).rejects.toMatchObject({
      code: 'build-failed',
      message: expect.stringMatching(/No other connected server has it.*Temporary failure resolving/),
    })
  })

  it('says any other failure as it is', async () => {
    const engine = server('a')
    engine.powerOff()
    await expect(ensureSystemImage(engine, image, [])).rejects.toMatchObject({ code: 'unreachable' })
  })
})
