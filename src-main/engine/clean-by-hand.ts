import { CLUSTER_LABEL } from './cluster-label.ts'

/** Takes off a server, as root or a member of group docker, what removing it would have: also another cluster's. */
export const CLEAN_BY_HAND = [
  'docker exec coxswain-system coxswain-system teardown',
  `docker ps -aq --filter label=${CLUSTER_LABEL} | xargs -r docker rm -fv`,
  `docker volume ls -q --filter label=${CLUSTER_LABEL} | xargs -r docker volume rm`,
  'docker network rm coxswain',
  "docker image ls -q --filter 'reference=coxswain/*' | xargs -r docker image rm",
].join('; ')
