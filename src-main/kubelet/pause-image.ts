import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import type { Engine } from '../engine/engine.ts'
import { pauseBinary } from './pause-binary.ts'

/** The tag counts the versions of the pause program. */
export const PAUSE_IMAGE = 'coxswain/pause:1'
export const PAUSE_ENTRYPOINT = ['/pause']

/** Makes the pause image on the server if it is not there: it comes from here, not from a registry. */
export async function ensurePauseImage(engine: Engine): Promise<void> {
  if (await engine.inspectImage(PAUSE_IMAGE)) return
  const { architecture } = await engine.info()
  const tar = pack()
  tar.entry({ name: 'pause', mode: 0o755 }, pauseBinary(architecture))
  tar.finalize()
  await engine.importImage(await buffer(tar), PAUSE_IMAGE, { entrypoint: PAUSE_ENTRYPOINT })
}
