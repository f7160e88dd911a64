import { describe, expect, it } from 'vitest'
import type { Server } from '../../../src-main/api/types.ts'
import { isServerReady, serverCondition, setServerCondition } from '../../../src-main/servers/conditions.ts'

const newServer = (): Server => ({
  apiVersion: 'coxswain.io/v1alpha1',
  kind: 'Server',
  metadata: { name: 'web-1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { local: true },
})
const at = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second)
const yes = (type: 'Connected' | 'DockerReady' | 'Claimed') => ({
  type,
  status: 'True' as const,
  reason: 'Yes',
  message: '',
})

describe("a Server's conditions", () => {
  it('make it ready when all three are True', () => {
    const server = newServer()
    setServerCondition(server, yes('Connected'), at(0))
    setServerCondition(server, yes('DockerReady'), at(0))
    expect(isServerReady(server)).toBe(false)
    setServerCondition(server, yes('Claimed'), at(0))
    expect(isServerReady(server)).toBe(true)
  })

  it('that depend on a failed one become Unknown', () => {
    const server = newServer()
    for (const type of ['Connected', 'DockerReady', 'Claimed'] as const)
      setServerCondition(server, yes(type), at(0))
    const lost = {
      type: 'Connected' as const,
      status: 'False' as const,
      reason: 'Unreachable',
      message: 'gone',
    }
    setServerCondition(server, lost, at(5))
    expect(server.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Connected=False',
      'DockerReady=Unknown',
      'Claimed=Unknown',
    ])
  })

  it('keep their transition time while the status stays', () => {
    const server = newServer()
    setServerCondition(server, yes('Connected'), at(0))
    setServerCondition(server, { ...yes('Connected'), reason: 'Again' }, at(9))
    expect(serverCondition(server, 'Connected')).toMatchObject({
      reason: 'Again',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })
  })
})
