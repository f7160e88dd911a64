import type { ScalarTag, Tags } from 'yaml'

const yes: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON)$/,
  resolve: () => true,
}

const no: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:n|N|no|No|NO|off|Off|OFF)$/,
  resolve: () => false,
}

const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: text => Number.parseInt(text, 8),
}

/**
 * YAML as kubectl reads it: 1.2's core schema, but with the yes and no of 1.1 and its octal numbers, so that
 * `defaultMode: 0644` is 420. Source: resolve.go of gopkg.in/yaml.v2, which kubectl reads manifests with.
 */
export function kubernetesTags(tags: Tags): Tags {
  return [yes, no, octal, ...tags]
}
