/** A stream of UTF-8 bytes as its lines, without their ends; the last one also when it has no end. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    rest += decoder.decode()
    if (rest) yield rest
  } finally {
    // the reader left early: the connection is not needed any more
    reader.cancel().catch(() => undefined)
  }
}
