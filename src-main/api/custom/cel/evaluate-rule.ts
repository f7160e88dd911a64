import { Budget } from './budget.ts'
import type { Expression } from './compile.ts'
import { CostExceeded, EvaluationError } from './errors.ts'
import type { CompiledRule } from './rule.ts'
import type { Value } from './values.ts'

/** What a rule says about a value; `over` means that no further rule may be evaluated. */
export type Outcome =
  | { kind: 'holds' }
  | { kind: 'fails'; detail: string }
  | { kind: 'error'; detail: string }
  | { kind: 'over'; detail: string }

/** Units of work that one expression may take; Kubernetes' limit (apiserver pkg/apis/cel/config.go). */
const PER_CALL = 1_000_000
/** As long as a message may be that an expression makes, in bytes. */
const MAX_MESSAGE = 5 * 1024

const LIMIT_EXCEEDED = 'operation cancelled: actual cost limit exceeded'

/**
 * Evaluates a rule, and what it has to say when it fails, at the expense of the object's budget. Wording:
 * apiextensions-apiserver pkg/apiserver/schema/cel/validation.go.
 * @param values those of `self` and `oldSelf`
 */
export function evaluateRule(compiled: CompiledRule, values: () => Value[], budget: Budget): Outcome {
  const { rule, message = '' } = compiled.rule
  const shown = (message || rule).trim()
  const result = evaluate(compiled.expression, values, budget)
  if (result.kind === 'over') {
    const detail = result.isCall
      ? `'${LIMIT_EXCEEDED}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`
      : 'validation failed due to running out of cost budget, no further validation rules will be run'
    return { kind: 'over', detail }
  }
  if (result.kind === 'error') {
    const { message } = result.error
    const detail = message.startsWith('no such overload')
      ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
      : `${message} evaluating rule: ${shown}`
    return { kind: 'error', detail }
  }
  if (result.value === true) return { kind: 'holds' }
  const plain = message ? message.trim() : `failed rule: ${rule.trim()}`
  return compiled.messageExpression
    ? messageOf(compiled, { values, budget, plain })
    : { kind: 'fails', detail: plain }
}

/** What the rule's expression for its message gives; the plain message when that is none. */
function messageOf(
  { messageExpression, rule }: CompiledRule,
  { values, budget, plain }: { values: () => Value[]; budget: Budget; plain: string },
): Outcome {
  const result = evaluate(messageExpression as Expression, values, budget)
  if (result.kind === 'over') {
    const detail = result.isCall
      ? `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`
      : 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
    return { kind: 'over', detail }
  }
  const text = result.kind === 'value' && typeof result.value === 'string' ? result.value.trim() : ''
  const isFit = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE
  return { kind: 'fails', detail: isFit ? text : plain }
}

type Result =
  | { kind: 'value'; value: Value }
  | { kind: 'error'; error: EvaluationError }
  | { kind: 'over'; isCall: boolean }

function evaluate(expression: Expression, values: () => Value[], budget: Budget): Result {
  const units = Math.min(PER_CALL, budget.left)
  const own = new Budget(units)
  try {
    return { kind: 'value', value: expression.evaluate(values(), own) }
  } catch (error) {
    if (error instanceof EvaluationError) return { kind: 'error', error }
    if (error instanceof CostExceeded) return { kind: 'over', isCall: units === PER_CALL }
    throw error
  } finally {
    budget.take(units - Math.max(own.left, 0))
  }
}
