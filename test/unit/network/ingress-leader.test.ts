import { expect, it } from 'vitest'
import type { Node } from '../../../src-main/api/types.ts'
import { formatTime } from '../../../src-main/lib/clock.ts'
import { chooseLeader } from '../../../src-main/network/ingress-leader.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000

type State = 'works' | 'new' | 'refuses' | `${'away' | 'portTaken' | 'noNetwork'} ${number} minutes`

const HINDRANCES: Record<string, [type: string, status: string, reason: string]> = {
  away: ['Ready', 'Unknown', 'NodeStatusUnknown'],
  portTaken: ['IngressUnavailable', 'True', 'NotServing'],
  noNetwork: ['NetworkUnavailable', 'True', 'NotApplied'],
  refuses: ['IngressUnavailable', 'True', 'PlanRefused'],
}

function node(name: string, state: State): Node {
  const [kind = '', minutes = '60'] = state.split(' ')
  const conditions = new Map([
    ['Ready', { type: 'Ready', status: 'True', reason: 'Connected' }],
    ['NetworkUnavailable', { type: 'NetworkUnavailable', status: 'False', reason: 'RulesApplied' }],
  ])
  const [type, status = '', reason = ''] = HINDRANCES[kind] ?? []
  if (kind === 'new') conditions.delete('NetworkUnavailable')
  if (type) conditions.set(type, { type, status, reason })
  const lastTransitionTime = formatTime(NOW - Number(minutes) * MINUTE)
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { conditions: [...conditions.values()].map(each => ({ ...each, lastTransitionTime })) },
  } as Node
}

const choose = (states: Record<string, State>, former?: string) =>
  chooseLeader(
    Object.entries(states).map(([name, state]) => node(name, state)),
    { former, nowMs: NOW },
  )

it.each<[string, Record<string, State>, string | undefined, string | undefined]>([
  ['nobody', {}, 'a', undefined],
  ['at first the first by name', { b: 'works', a: 'works' }, undefined, 'a'],
  ['at first one that is known to work', { a: 'new', b: 'works' }, undefined, 'b'],
  ['at first any, if none is known to work', { b: 'new', a: 'new' }, undefined, 'a'],
  ['the former one, whatever its name', { a: 'works', b: 'works' }, 'b', 'b'],
  ['another one when the former one is gone', { a: 'works', c: 'works' }, 'b', 'a'],
  ['the former one, away for a while', { a: 'works', b: 'away 9 minutes' }, 'b', 'b'],
  ['another one when it is away for long', { a: 'works', b: 'away 10 minutes' }, 'b', 'a'],
  ['another one when its port is taken', { a: 'portTaken 10 minutes', b: 'works' }, 'a', 'b'],
  ['another one when it has no network', { a: 'noNetwork 10 minutes', b: 'works' }, 'a', 'b'],
  ['the former one that serves as before', { a: 'refuses', b: 'works' }, 'a', 'a'],
  [
    'one that works, not one that is away',
    { a: 'away 1 minutes', b: 'away 20 minutes', c: 'works' },
    'b',
    'c',
  ],
  ['the former one when all are away', { a: 'away 20 minutes', b: 'away 20 minutes' }, 'b', 'b'],
])('%s obtains certificates', (_, states, former, leader) => {
  expect(choose(states, former)?.name).toBe(leader)
})

it('is looked at again when its ten minutes are over', () => {
  expect(choose({ a: 'away 4 minutes', b: 'works' }, 'a')).toEqual({ name: 'a', dueMs: NOW + 6 * MINUTE })
  expect(choose({ a: 'works', b: 'away 4 minutes' }, 'a')).toEqual({ name: 'a' })
  expect(choose({ a: 'away 20 minutes' }, 'a')).toEqual({ name: 'a' })
})
