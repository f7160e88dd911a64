import type { PodSpec } from '../../types.ts'

type Volume = NonNullable<PodSpec['volumes']>[number]
type DownwardItem = { fieldRef?: { apiVersion?: string }; resourceFieldRef?: { divisor?: string | number } }

/** rw-r--r-- */
const FILE_MODE = 0o644

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Volume and those of the sources. */
export function defaultVolume(volume: Volume): void {
  const { name: _, ...sources } = volume
  if (Object.keys(sources).length === 0) volume.emptyDir = {}
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source) source.defaultMode ??= FILE_MODE
  }
  if (volume.hostPath) volume.hostPath.type ??= ''
  volume.downwardAPI?.items?.forEach(defaultDownwardItem)
  for (const { serviceAccountToken, downwardAPI } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600
    downwardAPI?.items?.forEach(defaultDownwardItem)
  }
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default'
  if (volume.ephemeral?.volumeClaimTemplate)
    volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= 'Filesystem'
}

function defaultDownwardItem({ fieldRef, resourceFieldRef }: DownwardItem): void {
  if (fieldRef) fieldRef.apiVersion ||= 'v1'
  if (resourceFieldRef) resourceFieldRef.divisor ??= '0'
}
