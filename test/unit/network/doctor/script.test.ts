import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { joinScripts, splitOutput } from '../../../../src-main/network/doctor/script.ts'

it('runs every script by itself, and finds what each has printed', () => {
  const scripts = new Map([
    ['one', 'echo first; echo second >&2'],
    ['leaves', 'echo before; exit 3\necho after'],
    ['quotes', `printf '%s' "it's"`],
    ['silent', 'true'],
  ])
  const text = execFileSync('/bin/sh', ['-c', joinScripts(scripts)], { encoding: 'utf8' })
  expect(Object.fromEntries(splitOutput(`a message of the day\n${text}`))).toEqual({
    one: { code: 0, text: 'first\nsecond\n' },
    leaves: { code: 3, text: 'before\n' },
    quotes: { code: 0, text: "it's" },
    silent: { code: 0, text: '' },
  })
})

it('leaves out what was cut off', () => {
  const text = joinScripts(new Map([['a', 'echo 1']]))
  const output = execFileSync('/bin/sh', ['-c', text], { encoding: 'utf8' })
  expect(splitOutput(output.slice(0, -12)).size).toBe(0)
  expect(splitOutput('').size).toBe(0)
})
