import type { PodTemplate } from '../types.ts'
import { validateTemplateMetadata } from '../validation/metadata.ts'
import { validatePodSpec } from '../validation/pod-spec.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { labelsText } from './printing/selector-text.ts'

const containersOf = ({ template }: PodTemplate) => template?.spec?.containers ?? []

export const PodTemplateKind: Kind<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.core.v1.PodTemplate',
  defaults: ({ template }) => defaultPodTemplate(template),
  validate: ({ template }, errors) => {
    validateTemplateMetadata(template?.metadata, 'template.metadata', errors)
    if (template?.spec) validatePodSpec(template.spec, { field: 'template.spec', isPod: false }, errors)
    else errors.required('template.spec.containers')
  },
  columns: [
    nameColumn,
    {
      name: 'Containers',
      type: 'string',
      description: 'Names of each container in the template.',
      cell: object =>
        containersOf(object)
          .map(({ name }) => name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      description: 'Images referenced by each container in the template.',
      cell: object =>
        containersOf(object)
          .map(({ image }) => image ?? '')
          .join(','),
    },
    {
      name: 'Pod Labels',
      type: 'string',
      description: 'The labels of the pods that are made of it.',
      cell: ({ template }) => labelsText(template?.metadata?.labels),
    },
    { ...ageColumn, priority: 1 },
  ],
}
