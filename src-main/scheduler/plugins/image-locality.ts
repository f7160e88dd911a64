import type { ScorePlugin } from '../framework.ts'

const MIN_BYTES = 23 * 1024 * 1024
/** Per container. */
const MAX_BYTES = 1000 * 1024 * 1024

/**
 * Prefers nodes that have the pod's images: the bytes that need no pulling, each image scaled by the share of nodes
 * that have it, so that one node with the image does not draw all pods. From 23 MiB (0) to 1000 MiB a container (100).
 */
export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  normalize: 'none',
  prepare({ pod }, state) {
    const total = state.nodes.length
    const images = pod.spec.containers.map(({ image }) => normalizedName(image ?? ''))
    const present = images.filter(image => state.nodesWithImage(image) > 0)
    if (present.length === 0) return undefined
    const max = MAX_BYTES * images.length
    return node => {
      const bytes = present.reduce(
        (sum, image) => sum + ((node.images.get(image) ?? 0) * state.nodesWithImage(image)) / total,
        0,
      )
      return ((Math.min(Math.max(bytes, MIN_BYTES), max) - MIN_BYTES) * 100) / (max - MIN_BYTES)
    }
  },
}

/** The name under which an engine lists it: with its tag. */
function normalizedName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
