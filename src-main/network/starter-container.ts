import type { Engine } from '../engine/engine.ts'
import { ensureOwn, OWN_CONTAINERS } from './own-containers.ts'

const NAME = OWN_CONTAINERS.starter

/**
 * Makes sure that the container runs which starts, after a boot, those containers that Docker gave up on because the
 * pause container whose namespaces they share did not run yet (resources/system-image/coxswain-starter). Docker starts
 * all containers at once, in no order: moby daemon/daemon.go, `restore`.
 *
 * @param image the system image, which is there
 * @param socket Docker's, as a path on the server
 */
export async function ensureStarter(
  engine: Engine,
  { clusterId, image, socket }: { clusterId: string; image: string; socket: string },
): Promise<void> {
  await ensureOwn(engine, { clusterId, own: 'starter', image }, async labels => {
    const id = await engine.createContainer({
      name: NAME,
      image,
      labels,
      entrypoint: [NAME],
      command: [],
      environment: [`CLUSTER=${clusterId}`],
      restartPolicy: 'always',
      network: { mode: 'none' },
      mounts: [{ type: 'bind', source: socket, target: '/run/docker.sock' }],
      security: { readOnlyRootFilesystem: true, capDrop: ['ALL'], noNewPrivileges: true },
      stopTimeoutSeconds: 0,
    })
    await engine.startContainer(id)
    return id
  })
}
