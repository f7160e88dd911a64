import type { Client } from '../api/client.ts'
import type { EventRecorder } from '../api/events.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { ServerKind } from '../api/kinds/server.ts'
import type { Server } from '../api/types.ts'
import type { EngineInfo } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { isStatusError } from '../lib/errors.ts'
import { setServerCondition } from './conditions.ts'
import type { ServerLink, ServerProblem } from './link.ts'
import {
  applyFacts,
  applyPlatform,
  applyReady,
  applyServer,
  newNode,
  type ReadyCondition,
} from './node-object.ts'

export interface StatusWriterOptions {
  client: Client
  events: EventRecorder
  clock: Clock
  /** `Node.status.nodeInfo.kubeletVersion`. */
  kubeletVersion: string
}

const KUBELET_READY: ReadyCondition = {
  status: 'True',
  reason: 'KubeletReady',
  message: 'The engine answers and pods are kept running.',
}

/** Writes what is known of one server into its Server and its Node. */
export class ServerStatusWriter {
  readonly #name: string
  readonly #options: StatusWriterOptions

  constructor(name: string, options: StatusWriterOptions) {
    this.#name = name
    this.#options = options
  }

  /**
   * The server is connected, its engine is ours: conditions True, and a Node with all its facts, Ready.
   * @param podCidr what a new Node's pods have as their range, unless another Node has it by now
   */
  async connected(server: Server, link: ServerLink, podCidr?: string): Promise<void> {
    const { client, clock } = this.#options
    const info = await link.engine.info()
    const images = await link.engine.listImages()
    await this.#server(draft => {
      const now = clock.now()
      const hostKey = link.ssh?.hostKey
      draft.status = {
        ...draft.status,
        observedGeneration: server.metadata.generation,
        engine: { version: info.version, apiVersion: info.apiVersion },
        ...(hostKey ? { ssh: { hostKey } } : {}),
      }
      setServerCondition(
        draft,
        { type: 'Connected', status: 'True', reason: 'Connected', message: connectedMessage(server, link) },
        now,
      )
      setServerCondition(
        draft,
        {
          type: 'DockerReady',
          status: 'True',
          reason: 'EngineReady',
          message: `Docker ${info.version} answers.`,
        },
        now,
      )
      setServerCondition(
        draft,
        {
          type: 'Claimed',
          status: 'True',
          reason: 'ClaimedByThisCluster',
          message: 'The server belongs to this cluster.',
        },
        now,
      )
    })
    await this.#ensureNode(server, info, podCidr)
    await client.modifyStatus(NodeKind, { name: this.#name }, draft => {
      applyFacts(draft, { info, images, address: link.address, kubeletVersion: this.#options.kubeletVersion })
      applyReady(draft, KUBELET_READY, clock.now())
    })
  }

  /** The server cannot be used now. The Node, if there is one, is judged separately (`nodeReady`). */
  async problem(server: Server, problem: ServerProblem): Promise<void> {
    const { clock, events } = this.#options
    const before = server.status?.conditions?.find(condition => condition.type === problem.condition)
    if (before?.reason !== problem.reason) events.event(server, 'Warning', problem.reason, problem.message)
    await this.#server(draft => {
      draft.status = { ...draft.status, observedGeneration: server.metadata.generation }
      if (problem.condition !== 'Connected') {
        setServerCondition(
          draft,
          { type: 'Connected', status: 'True', reason: 'Connected', message: 'The server answers.' },
          clock.now(),
        )
      }
      setServerCondition(
        draft,
        { type: problem.condition, status: 'False', reason: problem.reason, message: problem.message },
        clock.now(),
      )
    })
  }

  /** The Server's labels or annotations changed: its Node follows. */
  async follow(server: Server): Promise<void> {
    await this.#options.client.modify(NodeKind, { name: this.#name }, draft => applyServer(draft, server))
  }

  async nodeReady(ready: ReadyCondition = KUBELET_READY): Promise<void> {
    const { client, clock } = this.#options
    await client.modifyStatus(NodeKind, { name: this.#name }, draft => applyReady(draft, ready, clock.now()))
  }

  async #ensureNode(server: Server, info: EngineInfo, podCidr: string | undefined): Promise<void> {
    const { client } = this.#options
    if (!client.get(NodeKind, this.#name)) {
      const isTaken = client.list(NodeKind).some(({ spec }) => spec.podCIDR === podCidr)
      await client
        .create(NodeKind, newNode(server, isTaken ? undefined : podCidr))
        .catch((error: unknown) => {
          if (!isStatusError(error, 'AlreadyExists')) throw error
        })
    }
    await client.modify(NodeKind, { name: this.#name }, draft => {
      applyPlatform(draft, info)
      applyServer(draft, server)
    })
  }

  async #server(change: (draft: Server) => void): Promise<void> {
    await this.#options.client.modifyStatus(ServerKind, { name: this.#name }, change)
  }
}

function connectedMessage(server: Server, link: ServerLink): string {
  const ssh = server.spec.ssh
  if (!ssh) return server.spec.local ? "This computer's own Docker." : 'A simulated server.'
  if (ssh.hostKey) return `Connected to ${ssh.host}; its host key is the one in spec.ssh.hostKey.`
  return `Connected to ${ssh.host}; its host key ${link.ssh?.hostKey ?? ''} was pinned when it was first seen.`
}
