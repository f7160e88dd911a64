import { expect, it } from 'vitest'
import { inPieces } from '../../../../src-main/api/validation/pieces.ts'

it('takes a schema apart at its objects, those first that others consist of', () => {
  const port = { type: 'object', properties: { number: { type: 'integer' } } }
  const spec = { type: 'object', properties: { ports: { type: 'array', items: port } }, required: ['ports'] }
  const schema = { type: 'object', properties: { spec, name: { type: 'string' } } }
  expect(inPieces(schema)).toEqual({
    root: {
      type: 'object',
      properties: { spec: { $ref: '#/definitions/piece-1' }, name: { type: 'string' } },
    },
    definitions: {
      'piece-0': port,
      'piece-1': {
        type: 'object',
        properties: { ports: { type: 'array', items: { $ref: '#/definitions/piece-0' } } },
        required: ['ports'],
      },
    },
  })
})
