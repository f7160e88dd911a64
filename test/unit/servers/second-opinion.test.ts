import { describe, expect, it } from 'vitest'
import { secondOpinion } from '../../../src-main/servers/second-opinion.ts'
import { createFakeLink, type FakeLinkOptions } from './fake-link.ts'

const target = { host: '192.0.2.9', port: 22 }

describe('a second opinion about a silent server', () => {
  it.each<[string, NonNullable<FakeLinkOptions['opinion']>[], object]>([
    ['one server reaches it', ['does not reach', 'reaches'], { verdict: 'reached', by: 'web-1' }],
    [
      'nobody reaches it',
      ['does not reach', 'does not reach'],
      { verdict: 'unreachable', askedOf: ['web-0', 'web-1'] },
    ],
    [
      'only some can be asked',
      ['no answer', 'does not reach'],
      { verdict: 'unreachable', askedOf: ['web-1'] },
    ],
    ['nobody can be asked', ['no answer', 'no answer'], { verdict: 'none' }],
    ['there is nobody else', [], { verdict: 'none' }],
  ])('%s', async (_case, opinions, expected) => {
    const peers = new Map(opinions.map((opinion, i) => [`web-${i}`, createFakeLink({ opinion }).link]))
    expect(await secondOpinion(peers, target, 100)).toEqual(expected)
  })
})
