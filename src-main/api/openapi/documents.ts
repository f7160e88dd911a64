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
  #kinds: readonly Kind[] = []
  readonly #documents = new Map<DocumentName, Promise<Document | undefined>>()

  /** Undefined when there is no such document. */
  get(kinds: readonly Kind[], name: DocumentName): Promise<Document | undefined> {
    if (!sameKinds(this.#kinds, kinds)) {
      this.#kinds = [...kinds]
      this.#documents.clear()
    }
    let document = this.#documents.get(name)
    if (!document) {
      document = this.#build(this.#kinds, name)
      // An address that leads nowhere must not be remembered: there are as many as a client can think of.
      if (name.startsWith('v3/') && !groupVersionPaths(kinds).includes(name.slice(3))) return document
      this.#documents.set(name, document)
      document.catch(() => this.#documents.delete(name))
    }
    return document
  }

  async #build(kinds: readonly Kind[], name: DocumentName): Promise<Document | undefined> {
    switch (name) {
      case 'v2.json':
        return documentOf(Buffer.from(JSON.stringify(await swaggerOf(kinds))))
      case 'v2.pb':
        return documentOf(await encodeSwagger(await swaggerOf(kinds)))
      case 'v3':
        return documentOf(Buffer.from(JSON.stringify(await this.#index(kinds))))
      default: {
        const document = await openApi3Of(kinds, name.slice('v3/'.length))
        return document && documentOf(Buffer.from(JSON.stringify(document)))
      }
    }
  }

  /** One document after the other, so that requests can come in between. */
  async #index(kinds: readonly Kind[]): Promise<object> {
    const paths: Record<string, { serverRelativeURL: string }> = {}
    for (const path of groupVersionPaths(kinds)) {
      const document = await this.get(kinds, `v3/${path}`)
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
