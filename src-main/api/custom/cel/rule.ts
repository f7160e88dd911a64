import type { OpenApiSchema, ValidationRule } from '../open-api-schema.ts'
import type { Budget } from './budget.ts'
import { compile, type Expression } from './compile.ts'
import { CompileError, NotEvaluated } from './errors.ts'
import { fieldPathOf } from './field-path.ts'
import { isDynamic, optionalOf, type Type, types } from './types.ts'

/** A rule that can be evaluated. */
export interface CompiledRule {
  rule: ValidationRule
  expression: Expression
  messageExpression?: Expression
  usesOldSelf: boolean
  /** Where in the value the fault is, as the path goes on: `.spec.name`. */
  path: string
}

/** What is wrong with a rule, and with which part of it. */
export interface RuleFault {
  part: 'rule' | 'messageExpression' | 'fieldPath'
  detail: string
}

export type Compiled =
  | { kind: 'rule'; rule: CompiledRule }
  | { kind: 'fault'; faults: RuleFault[] }
  /** It calls a function that Kubernetes has and we have not. */
  | { kind: 'not evaluated'; functionName: string }

/** A rule is one schema's: what it was found to be holds for as long as it is there. */
const known = new WeakMap<ValidationRule, Compiled>()

/** What a rule is about. */
interface Subject {
  schema: OpenApiSchema
  type: Type
}

/** Makes a rule of a schema ready to be evaluated, or says why it cannot be. @throws CostExceeded */
export function compileRule(rule: ValidationRule, { schema, type }: Subject, budget?: Budget): Compiled {
  const compiled = known.get(rule) ?? compileNew(rule, { schema, type }, budget)
  known.set(rule, compiled)
  return compiled
}

function compileNew(rule: ValidationRule, { schema, type }: Subject, budget?: Budget): Compiled {
  const faults: RuleFault[] = []
  const old = rule.optionalOldSelf ? optionalOf(type) : type
  const variables = [['self', type], ['oldSelf', old]] as const // prettier-ignore
  const read = (text: string, part: 'rule' | 'messageExpression'): Expression | undefined => {
    try {
      return compile(text, variables, budget)
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      const where = part === 'rule' ? '' : `${part} `
      faults.push({ part, detail: `${where}compilation failed: ${error.shown(text)}` })
      return undefined
    }
  }
  try {
    const expression = read(rule.rule, 'rule')
    if (expression && expression.type !== types.bool && !isDynamic(expression.type)) {
      faults.push({ part: 'rule', detail: 'cel expression must evaluate to a bool' })
    }
    const messageExpression = rule.messageExpression
      ? read(rule.messageExpression, 'messageExpression')
      : undefined
    if (messageExpression && messageExpression.type !== types.string && !isDynamic(messageExpression.type)) {
      faults.push({ part: 'messageExpression', detail: 'messageExpression must evaluate to a string' })
    }
    const path = fieldPathOf(rule.fieldPath ?? '', schema)
    if ('fault' in path)
      faults.push({ part: 'fieldPath', detail: `fieldPath must be a valid path: ${path.fault}` })
    if (faults.length > 0 || !expression || 'fault' in path) return { kind: 'fault', faults }
    const usesOldSelf = expression.uses.has('oldSelf')
    return { kind: 'rule', rule: { rule, expression, messageExpression, usesOldSelf, path: path.path } }
  } catch (error) {
    if (error instanceof NotEvaluated) return { kind: 'not evaluated', functionName: error.message }
    throw error
  }
}

/** The rules about a schema's values: its own, and those of its `allOf`, which are about the same values. */
export function rulesOf(schema: OpenApiSchema): ValidationRule[] {
  return [...(schema['x-kubernetes-validations'] ?? []), ...(schema.allOf ?? []).flatMap(rulesOf)]
}
