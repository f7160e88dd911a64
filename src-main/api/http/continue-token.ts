import { badRequest } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'

/** In place of a revision: the state as it is then, though other pages of the list are of another one. */
export const INCONSISTENT = -1

/** Where the next page of a list begins: in the state of `revision`, after the object with this key. */
export interface ContinueToken {
  revision: number
  after: string
}

export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ rv: revision, after })).toString('base64url')
}

/** @throws StatusError BadRequest for a token that is not ours */
export function decodeContinue(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (isJsonObject(token) && typeof token.after === 'string') {
      const { rv: revision, after } = token
      if (typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= INCONSISTENT)
        return { revision, after }
    }
  } catch {
    // Told below, as for every other form.
  }
  throw badRequest('continue key is not valid: begin the list again without it')
}
