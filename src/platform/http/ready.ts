import type { FastifyInstance } from 'fastify'
import type { RequestListener, ServerResponse } from 'node:http'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { sha256 } from '../crypto.ts'
import type { Asking } from './security.ts'

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

/** A page that is kept, and the route that drew it. */
type ReadyPage = ReadyBody & { readonly route: string }

/** Told of each answer from a ready page: its route, its status and how long it took, in milliseconds. */
export type ReadyTold = (route: string, status: number, ms: number) => void

/** Pages kept ready for a short while; the oldest go first when there are too many. */
export class ReadyPages {
  readonly #pages = new Map<string, ReadyPage>()
  readonly #listeners: ReadyTold[] = []
  readonly #lifeMs: number
  readonly #most: number

  constructor(lifeMs = 30_000, most = 500) {
    this.#lifeMs = lifeMs
    this.#most = most
  }

  get(key: string, now: number): ReadyPage | null {
    const page = this.#pages.get(key)
    return page && now - page.madeAt < this.#lifeMs ? page : null
  }

  set(key: string, page: ReadyPage): void {
    if (this.#pages.size >= this.#most) this.#pages.delete(this.#pages.keys().next().value ?? '')
    this.#pages.delete(key)
    this.#pages.set(key, page)
  }

  /** Has somebody told of every answer. */
  onAnswer(listener: ReadyTold): void {
    this.#listeners.push(listener)
  }

  tell(...[route, status, ms]: Parameters<ReadyTold>): void {
    for (const listener of this.#listeners) listener(route, status, ms)
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The pages that are the same for everyone, ready to be sent. */
    readyPages: ReadyPages
  }
}

/** What ready pages are answered with; `keyOf` gives null for a request whose answer is not the same for everyone. */
export type ReadyParts = {
  readonly pages: ReadyPages
  readonly headers: Readonly<Record<string, string>>
  readonly https: boolean
  readonly keyOf: (request: Asking) => string | null
  readonly now: () => Date
}

/** Answers from ready pages before the framework takes a request up; everything else goes on to the handler. */
export function answersReady(parts: ReadyParts, handler: RequestListener): RequestListener {
  const { pages, keyOf, now } = parts
  const server = { overHttps: parts.https }
  const headers = Object.entries(parts.headers).flat()
  return (message, response) => {
    const begun = performance.now()
    const { url = '', headers: asked, method } = message
    const key = method === 'GET' ? keyOf({ url, headers: asked, server }) : null
    const page = key === null ? null : pages.get(key, now().getTime())
    if (!page) return handler(message, response)
    const status = asked['if-none-match'] === page.etag ? 304 : 200
    send(response, page, status, headers, asked['accept-encoding'])
    pages.tell(page.route, status, performance.now() - begun)
  }
}

function send(
  response: ServerResponse,
  page: ReadyPage,
  status: 200 | 304,
  headers: string[],
  accept: string | string[] | undefined,
): void {
  const { etag, type } = page
  const head = [...headers, 'etag', etag, 'vary', 'accept-encoding, accept-language, cookie', 'cache-control', KEPT]
  if (status === 304) return void response.writeHead(304, head).end()
  const { body, encoding } = encodingFor(page, accept)
  head.push('content-type', type, 'content-length', String(body.length))
  if (encoding) head.push('content-encoding', encoding)
  response.writeHead(200, head).end(body)
}

const KEPT = 'private, max-age=0, must-revalidate'

/** Keeps pages of routes that say they are the same for everyone, as they are drawn. */
export function keepsReady(app: FastifyInstance, { pages, keyOf, now }: ReadyParts): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { config, url } = request.routeOptions
    if (!config?.ready || request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload
    const key = keyOf(request)
    if (key === null) return payload
    const page = makeReady(String(reply.getHeader('content-type')), payload, now().getTime())
    pages.set(key, { ...page, route: url ?? 'none' })
    void reply.header('etag', page.etag).header('vary', 'accept-encoding, accept-language, cookie').header('cache-control', KEPT)
    return payload
  })
}
