import type { LimitRange } from '../types.ts'
import { validateLimitRange } from '../validation/limit-range.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { createdAtColumn, nameColumn } from './printing/columns.ts'

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem. */
function defaults(draft: LimitRange): void {
  draft.spec ??= { limits: [] }
  for (const item of draft.spec.limits ?? []) {
    if (item.type !== 'Container') continue
    const limits = { ...item.max, ...item.default }
    const requests = { ...item.min, ...limits, ...item.defaultRequest }
    if (Object.keys(limits).length > 0) item.default = limits
    if (Object.keys(requests).length > 0) item.defaultRequest = requests
  }
}

export const LimitRangeKind: Kind<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  namespaced: true,
  shortNames: ['limits'],
  subresources: [],
  schema: 'io.k8s.api.core.v1.LimitRange',
  defaults,
  validate: validateLimitRange,
  notHonoured: () => storedOnly('limitranges'),
  columns: [nameColumn, createdAtColumn],
}
