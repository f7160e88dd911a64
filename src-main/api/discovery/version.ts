/** The Kubernetes release whose API this is. */
export const KUBERNETES_VERSION = 'v1.33.0+coxswain'

/** `GET /version`. */
export const versionInfo = {
  major: '1',
  minor: '33',
  gitVersion: KUBERNETES_VERSION,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
}
