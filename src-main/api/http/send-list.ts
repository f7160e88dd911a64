import { once } from 'node:events'
import { constants, createGzip } from 'node:zlib'
import { turn } from '../../lib/turn.ts'
import { jsonInPassing } from '../../store/object-text.ts'
import type { KubeObject } from '../types.ts'
import type { Exchange } from './exchange.ts'
import { acceptsGzip, sendBody } from './respond.ts'

interface ListBody {
  /** Everything but the items. */
  head: object
  member: 'items' | 'rows'
  items: readonly KubeObject[]
  render(object: KubeObject): object
  contentType: string
}

/** So many items, or so many characters of them, are turned into text before others have their turn. */
const PORTION_ITEMS = 250
const PORTION_CHARACTERS = 1024 * 1024
/** So much may wait for the client: enough that it need not wait for us at every portion. */
const MAX_AHEAD_BYTES = 4 * 1024 * 1024

/** Answers with a list. A large one is written at the pace of the client, and is never text as a whole. */
export async function sendList(
  exchange: Exchange,
  { head, member, items, render, contentType }: ListBody,
): Promise<void> {
  const { response } = exchange
  const beginning = `${JSON.stringify(head).slice(0, -1)},"${member}":[`
  let { text, end } = portionOf(items, 0, render)
  if (end === items.length) {
    await sendBody(exchange, 200, Buffer.from(`${beginning}${text}]}\n`), contentType)
    return
  }
  response.setHeader('Content-Type', contentType)
  response.setHeader('Cache-Control', 'no-cache, private')
  const gzip = acceptsGzip(exchange) ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined
  if (gzip) {
    response.setHeader('Content-Encoding', 'gzip')
    response.setHeader('Vary', 'Accept-Encoding')
    gzip.pipe(response)
  }
  const out = gzip ?? response
  const gone = once(response, 'close')
  let flowing = out.write(beginning + text)
  while (end < items.length && !response.destroyed) {
    if (!flowing && out.writableLength > MAX_AHEAD_BYTES) await Promise.race([once(out, 'drain'), gone])
    else await turn()
    ;({ text, end } = portionOf(items, end, render))
    flowing = out.write(`,${text}`)
  }
  out.end(']}\n')
}

/** The text of some of the items, from the one at `start` to the one before `end`. */
function portionOf(items: readonly KubeObject[], start: number, render: ListBody['render']) {
  const texts: string[] = []
  let characters = 0
  for (const item of items.slice(start, start + PORTION_ITEMS)) {
    if (characters > PORTION_CHARACTERS) break
    const text = jsonInPassing(render(item))
    texts.push(text)
    characters += text.length
  }
  return { text: texts.join(','), end: start + texts.length }
}
