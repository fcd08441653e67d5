import type { FastifyInstance } from 'fastify'
import { isUtf8 } from 'node:buffer'
import { parse } from 'node:querystring'
import { Problem } from '../../kernel/problem.ts'

/** The refusal of text that is in another encoding than UTF-8: kept as it is, it would be damaged for good. */
function notUtf8(): Problem {
  return new Problem('not-utf8', 400, 'The text you sent is not in UTF-8, or an escape in it (%) is broken. Send it again in UTF-8.')
}

/** Bytes as text. Throws the refusal when they are not UTF-8. */
export function utf8Text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw notUtf8()
  return bytes.toString('utf8')
}

/** Whether every escape of a query or form is a whole one and stands for UTF-8 (RFC 3986, 2.1 and 2.5). */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Takes text in UTF-8 only: in addresses, forms and JSON. Parts of uploads are looked at where they are read. */
export function takeUtf8Only(app: FastifyInstance, bodyLimit: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const at = request.url.indexOf('?')
    const query = at < 0 ? '' : request.url.slice(at)
    // bytes beyond ASCII come here as Latin-1, whatever they were
    done(/[^\u0020-\u007e]/.test(query) || !isDecodable(query) ? notUtf8() : undefined)
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer', bodyLimit }, (_request, body: Buffer, done) => {
    const text = isUtf8(body) ? body.toString('utf8') : null
    if (text === null || !isDecodable(text)) return done(notUtf8())
    return done(null, parse(text, '&', '=', { maxKeys: 0 }))
  })
  const json = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (request, body: Buffer, done) =>
    isUtf8(body) ? json(request, body.toString('utf8'), done) : done(notUtf8()),
  )
}
