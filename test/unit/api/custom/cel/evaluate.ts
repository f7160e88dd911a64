import { Budget } from '../../../../../src-main/api/custom/cel/budget.ts'
import { compile } from '../../../../../src-main/api/custom/cel/compile.ts'
import { CompileError, CostExceeded, EvaluationError } from '../../../../../src-main/api/custom/cel/errors.ts'
import { schemaType } from '../../../../../src-main/api/custom/cel/schema-types.ts'
import { types } from '../../../../../src-main/api/custom/cel/types.ts'
import type { Value } from '../../../../../src-main/api/custom/cel/values.ts'
import type { OpenApiSchema } from '../../../../../src-main/api/custom/open-api-schema.ts'

/** What an expression gives for a value of a schema: the value, or the error in words. */
export function evaluate(
  expression: string,
  { schema, self, units = 1_000_000 }: { schema?: OpenApiSchema; self?: unknown; units?: number } = {},
): Value {
  const known = schema && schemaType(schema)
  try {
    const compiled = compile(expression, [['self', known?.type ?? types.dyn]])
    return compiled.evaluate([known ? known.convert(self) : null], new Budget(units))
  } catch (error) {
    if (error instanceof CompileError) return `does not compile: ${error.message}`
    if (error instanceof EvaluationError || error instanceof CostExceeded) return `error: ${error.message}`
    throw error
  }
}
