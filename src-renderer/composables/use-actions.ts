import { useRouter } from 'vue-router'
import type { Deployment, KubeObject, ReplicaSet } from '../../src-main/api/types.ts'
import { editable, toYaml } from '../api/manifest.ts'
import { findResource, objectPath, resources, type Resource } from '../api/resources.ts'
import { rollbackPatch, type Revision } from '../api/rollback.ts'
import { nameKey } from '../data/object-cache.ts'
import type { Action } from '../rows/row-kind.ts'
import { useDialogs } from '../stores/dialogs.ts'
import { useDock } from '../stores/dock.ts'
import { useNotices } from '../stores/notices.ts'
import { useCluster } from './use-cluster.ts'

const MERGE = 'application/merge-patch+json'

export interface Actions {
  run(action: Action['id'], object: KubeObject): Promise<void>
  rollBack(deployment: Deployment, to: Revision): Promise<boolean>
}

/** Does what rows and palettes offer: asks where it must, calls the API, tells the outcome. */
export function useActions(): Actions {
  const { client } = useCluster().hub
  const dialogs = useDialogs()
  const dock = useDock()
  const notices = useNotices()
  const router = useRouter()

  async function attempt(what: string, done: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      notices.done(done)
      return true
    } catch (error) {
      notices.failed(`${what} failed`, error)
      return false
    }
  }

  const patch = (of: Resource, name: string, namespace: string | undefined, body: unknown, sub?: string) =>
    client.send('PATCH', objectPath(of, { name, namespace }, sub), { body, contentType: MERGE })

  const remove = (of: Resource, object: KubeObject) =>
    client.send('DELETE', objectPath(of, object.metadata), { body: { propagationPolicy: 'Background' } })

  const handlers: Record<Action['id'], (object: KubeObject, of: Resource) => Promise<void> | void> = {
    logs({ kind, metadata: { name, namespace = '' } }) {
      dock.openLogs({ kind: kind === 'Deployment' ? 'Deployment' : 'Pod', namespace, name })
    },

    edit(object) {
      const path = `${object.kind}/${nameKey(object.metadata)}`
      dock.openEditor(path, `Edit ${object.metadata.name}`, toYaml(editable(object)), { edits: true })
    },

    async scale(object, of) {
      const { name, namespace } = object.metadata
      const answer = await dialogs.ask({
        title: 'Scale deployment',
        subject: subjectOf(object),
        detail: 'How many pods to keep running.',
        confirmLabel: 'Scale',
        replicas: (object as Deployment).spec.replicas ?? 1,
      })
      if (!answer) return
      await attempt(`Scaling ${name}`, `${name} is scaled to ${answer.replicas}`, () =>
        patch(of, name, namespace, { spec: { replicas: answer.replicas } }, 'scale'),
      )
    },

    async restart(object, of) {
      const { name, namespace } = object.metadata
      const answer = await dialogs.ask({
        title: 'Restart deployment',
        subject: subjectOf(object),
        detail: 'Every pod is replaced by a new one, a few at a time, as in an update.',
        confirmLabel: 'Restart',
      })
      if (!answer) return
      // Kubernetes' own way: a new annotation makes a new revision
      const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
      await attempt(`Restarting ${name}`, `${name} restarts`, () =>
        patch(of, name, namespace, { spec: { template: { metadata: { annotations } } } }),
      )
    },

    async cordon({ metadata: { name } }) {
      await attempt(`Cordoning ${name}`, `${name} takes no new pods`, () =>
        patch(resources.nodes, name, undefined, { spec: { unschedulable: true } }),
      )
    },

    async uncordon({ metadata: { name } }) {
      await attempt(`Uncordoning ${name}`, `${name} takes new pods again`, () =>
        patch(resources.nodes, name, undefined, { spec: { unschedulable: null } }),
      )
    },

    'confirm-host-key'({ metadata: { name } }) {
      dialogs.hostKeyOf = name
    },

    async 'remove-server'(object, of) {
      const { name } = object.metadata
      const answer = await dialogs.ask({
        title: 'Remove server',
        subject: subjectOf(object),
        detail:
          'Its pods are stopped and placed on other servers. The containers, volumes and network that Coxswain made are taken off the machine, with the data in those volumes. Docker and all else stays.',
        confirmLabel: 'Remove server',
        danger: true,
        typedName: name,
      })
      if (answer) await attempt(`Removing ${name}`, `${name} is being removed`, () => remove(of, object))
    },

    async delete(object, of) {
      const { name } = object.metadata
      const answer = await dialogs.ask({
        title: `Delete ${object.kind}`,
        subject: subjectOf(object),
        detail:
          object.kind === 'Pod'
            ? 'The pod is stopped. If a workload owns it, that makes a new one.'
            : 'It is deleted together with what it owns. This cannot be undone.',
        confirmLabel: 'Delete',
        danger: true,
      })
      if (!answer) return
      const deleted = await attempt(`Deleting ${name}`, `${name} is deleted`, () => remove(of, object))
      const { sel, tab: _tab, ...query } = router.currentRoute.value.query
      if (deleted && sel === nameKey(object.metadata)) void router.replace({ query })
    },
  }

  return {
    async run(action, object) {
      const of = findResource(object.apiVersion, object.kind)
      if (of) await handlers[action](object, of)
    },

    rollBack(deployment, to) {
      const { name } = deployment.metadata
      return attempt(`Rolling back ${name}`, `${name} rolls back to v${to.number}`, async () => {
        if (deployment.spec.paused) {
          throw new Error(`The rollout of ${name} is paused. Resume it, then roll back.`)
        }
        const body = rollbackPatch(deployment, to.set as ReplicaSet)
        if (!body) throw new Error(`${name} has the template of v${to.number} already.`)
        await client.send('PATCH', objectPath(resources.deployments, deployment.metadata), {
          body,
          contentType: 'application/json-patch+json',
        })
      })
    },
  }
}

function subjectOf(object: KubeObject): string {
  return [object.metadata.namespace, object.kind, object.metadata.name].filter(Boolean).join(' / ')
}
