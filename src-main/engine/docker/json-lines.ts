import type { Readable } from 'node:stream'

/**
 * The values of a stream of JSON documents, one a line, as Docker sends events and progress. Reads only as fast as it
 * is asked to, so that a slow reader slows the sender down instead of filling memory.
 * @throws SyntaxError when a line is no JSON, and what the stream itself fails with
 */
export async function* jsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as T
}
