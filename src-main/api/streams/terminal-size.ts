import type { Readable } from 'node:stream'

export interface TerminalSize {
  width: number
  height: number
}

const MAX_TEXT = 1024
const MAX_CELLS = 65_535

/**
 * Reads `{"Width":80,"Height":24}`, one object after the other with or without line ends, until the stream ends.
 * What is no size is passed over.
 */
export async function terminalSizes(input: Readable, onSize: (size: TerminalSize) => void): Promise<void> {
  let text = ''
  for await (const bytes of input as AsyncIterable<Buffer>) {
    const objects = (text + bytes.toString()).split('}')
    text = (objects.pop() ?? '').slice(-MAX_TEXT)
    for (const object of objects) {
      const size = sizeOf(`${object}}`)
      if (size) onSize(size)
    }
  }
}

function sizeOf(text: string): TerminalSize | undefined {
  let value: { Width?: unknown; Height?: unknown }
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { Width: width, Height: height } = value
  return isCells(width) && isCells(height) ? { width, height } : undefined
}

function isCells(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_CELLS
}
