/** A set or a map of an nftables table. */
export function collection(name: string, type: string, elements: readonly string[]): string[] {
  return [
    `  ${name} {`,
    `    type ${type}`,
    ...(elements.length > 0 ? [`    elements = { ${elements.join(',\n      ')} }`] : []),
    '  }',
  ]
}
