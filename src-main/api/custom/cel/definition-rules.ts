import { isJsonObject } from '../../../lib/json.ts'
import type { NotHonoured } from '../../kinds/kind.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { OpenApiSchema, ValidationRule } from '../open-api-schema.ts'
import { Budget } from './budget.ts'
import { CostExceeded } from './errors.ts'
import { functionElsewhere } from './library/index.ts'
import { compileRule, rulesOf } from './rule.ts'
import { schemaType } from './schema-types.ts'

const REASONS = ['FieldValueRequired', 'FieldValueInvalid', 'FieldValueForbidden', 'FieldValueDuplicate']

/** As much as all expressions of a definition may be, in characters. */
const MAX_WORK = 1_000_000

/** A place of a schema that has rules. */
interface Place {
  schema: OpenApiSchema
  isRoot: boolean
  /** The path of the place's `x-kubernetes-validations`. */
  field: string
  /** The path of the list or map within which a value cannot be told to be the one of before. */
  uncorrelated: string | undefined
}

/**
 * Checks the rules of structural schemas, one after another: each has to be an expression whose types fit. Source:
 * apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema.
 */
export function* validateRuleDefinitions(
  schemas: readonly { schema: OpenApiSchema; field: string }[],
  errors: FieldErrors,
): Generator<void> {
  const budget = new Budget(MAX_WORK)
  for (const { schema, field } of schemas) {
    for (const place of placesIn(schema, { field, isRoot: true })) {
      for (const [index, rule] of rulesOf(place.schema).entries()) {
        const path = `${place.field}[${index}]`
        try {
          validateRule(rule, { ...place, field: path, budget }, errors)
        } catch (error) {
          if (!(error instanceof CostExceeded)) throw error
          errors.forbidden(
            path,
            `the rules of the definition may have no more than ${MAX_WORK} characters in all`,
          )
          return
        }
        yield
      }
    }
  }
}

/** The rules that call functions which this evaluator does not have. */
export function rulesNotEvaluated(schema: OpenApiSchema, field: string): NotHonoured[] {
  return [...placesIn(schema, { field, isRoot: true })].flatMap(({ schema, field }) =>
    rulesOf(schema).flatMap(({ rule, messageExpression = '' }, index) => {
      const name = functionElsewhere(rule) ?? functionElsewhere(messageExpression)
      if (name === undefined) return []
      const why = `is stored, but not evaluated: Coxswain does not have the function ${name} of CEL`
      return [{ field: `${field}[${index}].rule`, why }]
    }),
  )
}

function* placesIn(
  schema: OpenApiSchema,
  { field, isRoot = false, uncorrelated }: { field: string; isRoot?: boolean; uncorrelated?: string },
): Generator<Place> {
  if (rulesOf(schema).length > 0) {
    yield { schema, isRoot, field: `${field}.x-kubernetes-validations`, uncorrelated }
  }
  const { properties, items, additionalProperties } = schema
  const inMap = uncorrelated ?? (schema['x-kubernetes-map-type'] === 'atomic' ? field : undefined)
  for (const [name, property] of Object.entries(properties ?? {})) {
    yield* placesIn(property, { field: `${field}.properties[${name}]`, uncorrelated: inMap })
  }
  if (isJsonObject(additionalProperties)) {
    yield* placesIn(additionalProperties, { field: `${field}.additionalProperties`, uncorrelated: inMap })
  }
  if (!items) return
  const inList = uncorrelated ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : field)
  yield* placesIn(items, { field: `${field}.items`, uncorrelated: inList })
}

/** @throws CostExceeded */
function validateRule(
  rule: ValidationRule,
  { schema, isRoot, field, uncorrelated, budget }: Place & { budget: Budget },
  errors: FieldErrors,
): void {
  const text = rule.rule as string | undefined
  if (!text?.trim()) {
    errors.required(`${field}.rule`, 'rule is not specified')
    return
  }
  validateTexts(rule, field, errors)
  const type = schemaType(schema, isRoot)
  if (!type) {
    const open = schema['x-kubernetes-preserve-unknown-fields'] ?? false
    const why = `rule declared on schema that does not support validation rules type: '${schema.type ?? ''}' x-kubernetes-preserve-unknown-fields: '${String(open)}'`
    errors.invalid(field, rule, why)
    return
  }
  const compiled = compileRule(rule, { schema, type: type.type }, budget)
  if (compiled.kind === 'fault') {
    for (const { part, detail } of compiled.faults) {
      errors.invalid(`${field}.${part}`, part === 'fieldPath' ? rule.fieldPath : rule, detail)
    }
  } else if (compiled.kind === 'rule') {
    if (compiled.rule.usesOldSelf && uncorrelated !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
      errors.invalid(`${field}.rule`, rule.rule, why)
    } else if (!compiled.rule.usesOldSelf && rule.optionalOldSelf !== undefined) {
      const why = 'may not be set if oldSelf is not used in rule'
      errors.invalid(`${field}.optionalOldSelf`, rule.optionalOldSelf, why)
    }
  }
}

function validateTexts(rule: ValidationRule, field: string, errors: FieldErrors): void {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const isBlank = (text: string) => text !== '' && text.trim() === ''
  if (isBlank(message)) errors.invalid(`${field}.message`, message, 'message must be non-empty if specified')
  else if (message.trim().includes('\n')) {
    errors.invalid(`${field}.message`, message, 'message must not contain line breaks')
  } else if (rule.rule.trim().includes('\n') && message === '') {
    errors.required(`${field}.message`, 'message must be specified if rule contains line breaks')
  }
  if (isBlank(messageExpression)) {
    errors.required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified')
  }
  if (reason !== undefined && !REASONS.includes(reason))
    errors.notSupported(`${field}.reason`, reason, REASONS)
  if (isBlank(fieldPath))
    errors.invalid(`${field}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified')
  else if (fieldPath.includes('\n')) {
    errors.invalid(`${field}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks')
  }
}
