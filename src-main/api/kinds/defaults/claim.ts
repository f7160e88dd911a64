import type { PersistentVolumeClaim } from '../../types.ts'

type ClaimSpec = PersistentVolumeClaim['spec']

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_PersistentVolumeClaimSpec. */
export function defaultClaimSpec(spec: ClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  mirrorDataSource(spec)
}

/** The source of the data stands under its old name too, for old clients. */
function mirrorDataSource(spec: ClaimSpec): void {
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...local } = dataSourceRef
    spec.dataSource = local
  }
}
