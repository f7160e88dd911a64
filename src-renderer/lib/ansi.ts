const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|\r/g

/** A log line without terminal control sequences (ECMA-48) and carriage returns. */
export function stripAnsi(text: string): string {
  return text.replace(SEQUENCES, '')
}
