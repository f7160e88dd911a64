/** A set or a map of an nftables table. */
export function collection(name: string, type: string, elements: readonly string[]): string[] {
  return [
    `  ${name} {`,
    `    type ${type}`,
    ...(elements.length > 0 ? [`    elements = { ${elements.join(',\n      ')} }`] : []),
    '  }',
  ]
}

/** A chain at a hook of the kernel. */
export function chain(
  name: string,
  type: 'nat' | 'filter',
  hook: string,
  rules: readonly string[],
): string[] {
  return [
    `  chain ${name} {`,
    `    type ${type} hook ${hook}; policy accept;`,
    ...rules.map(rule => `    ${rule}`),
    '  }',
  ]
}
