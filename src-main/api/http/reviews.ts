import { badRequest } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import { type ReviewResource, statusOf } from '../discovery/reviews.ts'
import { contentTypeOf, parseBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { sendJson } from './respond.ts'

/**
 * POST of a review, which stores nothing: who has the token may do everything, and that is what is answered.
 */
export async function handleReview(exchange: Exchange, review: ReviewResource): Promise<void> {
  const { value } = await parseBody(contentTypeOf(exchange.request), await readBody(exchange.request))
  if (!isJsonObject(value)) throw badRequest('the body must be an object')
  await sendJson(exchange, 201, {
    ...value,
    apiVersion: `${review.group}/${review.version}`,
    kind: review.kind,
    metadata: {},
    status: statusOf(review, value.spec, bearerToken(exchange)),
  })
}

function bearerToken({ request }: Exchange): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
