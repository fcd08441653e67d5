import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { sha256 } from '../crypto.ts'

/** A page made ready once: its bytes in each encoding. */
export type ReadyBody = {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzip: () => Buffer
  readonly br: () => Buffer
  readonly madeAt: number
}

/** Makes a body ready for sending in every encoding; each is made when it is asked for first, and kept. */
export function makeReady(type: string, body: string | Buffer, madeAt: number): ReadyBody {
  const plain = Buffer.from(body)
  let gzip: Buffer | undefined
  let br: Buffer | undefined
  return {
    type,
    etag: `"${sha256(plain).slice(0, 20)}"`,
    plain,
    gzip: () => (gzip ??= gzipSync(plain, { level: 9 })),
    br: () => (br ??= brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })),
    madeAt,
  }
}

/** The body in the best encoding that the reader accepts. */
export function encodingFor(ready: ReadyBody, accept: string | string[] | undefined): { body: Buffer; encoding: string | null } {
  const text = String(accept ?? '')
  if (/\bbr\b/.test(text)) return { body: ready.br(), encoding: 'br' }
  if (/\bgzip\b/.test(text)) return { body: ready.gzip(), encoding: 'gzip' }
  return { body: ready.plain, encoding: null }
}

/** Pages kept ready for a short while; the oldest go first when there are too many. */
export class ReadyPages {
  readonly #pages = new Map<string, ReadyBody>()
  readonly #lifeMs: number
  readonly #most: number

  constructor(lifeMs = 30_000, most = 500) {
    this.#lifeMs = lifeMs
    this.#most = most
  }

  get(key: string, now: number): ReadyBody | null {
    const page = this.#pages.get(key)
    return page && now - page.madeAt < this.#lifeMs ? page : null
  }

  set(key: string, page: ReadyBody): void {
    if (this.#pages.size >= this.#most) this.#pages.delete(this.#pages.keys().next().value ?? '')
    this.#pages.delete(key)
    this.#pages.set(key, page)
  }
}
