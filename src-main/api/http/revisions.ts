import { badRequest, expired } from '../../lib/errors.ts'

/**
 * The resourceVersion of a query as a number; undefined when it is not given.
 * @throws StatusError BadRequest; Expired when this server has not been there yet (its data folder is another one)
 */
export function revisionIn(query: URLSearchParams, current: number): number | undefined {
  const revision = requireRevision(query)
  if (revision !== undefined && revision > current) {
    throw expired(
      `Too large resource version: ${revision}, current: ${current}. List again without a resourceVersion.`,
    )
  }
  return revision
}

/** As `revisionIn`, whether or not this server has been there. @throws StatusError BadRequest */
export function requireRevision(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion')
  if (!text) return undefined
  const revision = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision)) {
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: must be a whole number`)
  }
  return revision
}

/** A whole number of at least 0 in the query; undefined when it is absent. */
export function countIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const count = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`)
  }
  return count
}

/** True for `true`, `1` and a name without a value, as Go's strconv.ParseBool and kubectl have it. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && !['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(value)
}
