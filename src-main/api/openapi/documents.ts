import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Kind } from '../kinds/kind.ts'
import { swaggerOf } from './swagger.ts'
import { encodeSwagger } from './swagger-protobuf.ts'
import { groupVersionPaths, openApi3Of } from './version-3.ts'

const compress = promisify(gzip)

/** A document as it goes out. */
export interface Document {
  bytes: Buffer
  gzipped: Buffer
  /** SHA-256 of the bytes in hex capitals: it changes with the content. */
  hash: string
}

/** What can be asked for: version 2 in its two encodings, version 3's index, or one group's version. */
export type DocumentName = 'v2.json' | 'v2.pb' | 'v3' | `v3/${string}`

/**
 * The OpenAPI documents of a set of kinds. Each is built when it is first asked for, once, and kept until the kinds
 * are others.
 */
export class OpenApiDocuments {
  #current = new DocumentSet([])

  /** Undefined when there is no such document. */
  get(kinds: readonly Kind[], name: DocumentName): Promise<Document | undefined> {
    if (!sameKinds(this.#current.kinds, kinds)) this.#current = new DocumentSet([...kinds])
    return this.#current.get(name)
  }
}

/** The documents of kinds that do not change. */
class DocumentSet {
  readonly kinds: readonly Kind[]
  readonly #documents = new Map<DocumentName, Promise<Document | undefined>>()

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds
  }

  get(name: DocumentName): Promise<Document | undefined> {
    const known = this.#documents.get(name)
    if (known) return known
    const document = this.#build(name)
    // An address that leads nowhere must not be remembered: there are as many as a client can think of.
    if (name.startsWith('v3/') && !groupVersionPaths(this.kinds).includes(name.slice(3))) return document
    this.#documents.set(name, document)
    document.catch(() => this.#documents.delete(name))
    return document
  }

  async #build(name: DocumentName): Promise<Document | undefined> {
    switch (name) {
      case 'v2.json':
        return documentOf(Buffer.from(JSON.stringify(await swaggerOf(this.kinds))))
      case 'v2.pb':
        return documentOf(await encodeSwagger(await swaggerOf(this.kinds)))
      case 'v3':
        return documentOf(Buffer.from(JSON.stringify(await this.#index())))
      default: {
        const document = await openApi3Of(this.kinds, name.slice('v3/'.length))
        return document && documentOf(Buffer.from(JSON.stringify(document)))
      }
    }
  }

  /** One document after the other, so that requests can come in between. */
  async #index(): Promise<object> {
    const paths: Record<string, { serverRelativeURL: string }> = {}
    for (const path of groupVersionPaths(this.kinds)) {
      const document = await this.get(`v3/${path}`)
      if (document) paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${document.hash}` }
    }
    return { paths }
  }
}

async function documentOf(bytes: Buffer): Promise<Document> {
  const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase()
  return { bytes, gzipped: await compress(bytes), hash }
}

function sameKinds(a: readonly Kind[], b: readonly Kind[]): boolean {
  return a.length === b.length && a.every((kind, index) => kind === b[index])
}
