/** An expression that cannot be read, or whose types do not fit together. */
export class CompileError extends Error {
  override readonly name = 'CompileError'
  /** Where in the expression, in characters from its beginning. */
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }

  /** The error with the line it is in, as cel-go shows it: `ERROR: <input>:1:5: undefined field 'x'`. */
  shown(expression: string): string {
    const before = expression.slice(0, this.at).split('\n')
    const column = before.at(-1)?.length ?? 0
    const line = expression.split('\n')[before.length - 1] ?? ''
    return (
      `ERROR: <input>:${before.length}:${column + 1}: ${this.message}\n` +
      ` | ${line}\n | ${'.'.repeat(column)}^`
    )
  }
}

/** A function that Kubernetes has and this evaluator does not: the expression may be right. */
export class NotEvaluated extends Error {
  override readonly name = 'NotEvaluated'
}

/** What CEL calls an error: `no such key: a`, `division by zero`. `||`, `&&`, `all` and `exists` may absorb it. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

/** More work than an expression may be. Nothing absorbs it. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded'
}
