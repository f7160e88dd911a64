import { EngineError, type Engine } from '../engine/engine.ts'
import type { SystemImage } from './system-image.ts'

/** Another connected server, which may have the image. */
export interface Lender {
  name: string
  engine: Engine
}

/**
 * Makes sure that the server has the system image: builds it there, or, where it cannot be built (no way to a registry
 * or to Debian's packages), copies it from another server of the same architecture, through this computer.
 *
 * @returns the server that it was copied from, if it was
 * @throws EngineError `build-failed` when no other server has it either
 */
export async function ensureSystemImage(
  engine: Engine,
  { reference, context }: SystemImage,
  lenders: readonly Lender[],
): Promise<string | undefined> {
  if (await engine.inspectImage(reference)) return undefined
  try {
    await engine.buildImage(context, reference)
    return undefined
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'build-failed') throw error
    const lender = await findLender(engine, reference, lenders)
    if (!lender) {
      const words = `No other connected server has it to copy it from. ${error.message}`
      throw new EngineError('build-failed', words, error)
    }
    await engine.loadImage(await lender.engine.saveImage(reference))
    return lender.name
  }
}

async function findLender(
  engine: Engine,
  reference: string,
  lenders: readonly Lender[],
): Promise<Lender | undefined> {
  const { architecture } = await engine.info()
  for (const lender of lenders) {
    // one that does not answer now has nothing to lend
    const suits = await Promise.all([lender.engine.info(), lender.engine.inspectImage(reference)]).then(
      ([info, image]) => info.architecture === architecture && image !== undefined,
      () => false,
    )
    if (suits) return lender
  }
  return undefined
}
