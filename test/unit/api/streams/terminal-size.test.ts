import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { encodeOutcome } from '../../../../src-main/api/streams/command.ts'
import { terminalSizes, type TerminalSize } from '../../../../src-main/api/streams/terminal-size.ts'

it.each<[string, string[], TerminalSize[]]>([
  ['one', ['{"Width":80,"Height":24}'], [{ width: 80, height: 24 }]],
  ['lines', ['{"Width":1,"Height":2}\n{"Width":3,"Height":4}\n'], [{ width: 1, height: 2 }, { width: 3, height: 4 }]],
  ['pieces', ['{"Wid', 'th":1,"Hei', 'ght":2}'], [{ width: 1, height: 2 }]],
  ['rubbish between', ['nonsense}{"Width":0,"Height":9}{"Width":"1"}{"Width":5,"Height":6}'], [{ width: 5, height: 6 }]],
])('reads sizes: %s', async (_what, chunks, expected) => {
  const sizes: TerminalSize[] = []
  await terminalSizes(Readable.from(chunks.map(chunk => Buffer.from(chunk))), size => sizes.push(size))
  expect(sizes).toEqual(expected)
}) // prettier-ignore

it.each([
  ['v4.channel.k8s.io', '{"metadata":{},"status":"Failure","message":"no"}'],
  ['v5.channel.k8s.io', '{"metadata":{},"status":"Failure","message":"no"}'],
  ['channel.k8s.io', 'no'],
  ['', 'no'],
])('tells a failure in the words of %s', (protocol, words) => {
  expect(encodeOutcome({ metadata: {}, status: 'Failure', message: 'no' }, protocol)).toBe(words)
})
