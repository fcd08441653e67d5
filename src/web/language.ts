import { ownPath, type RouteModule, formOf, seeOther, textOf } from '../platform/http/routes.ts'
import { LANGUAGE_PATH, withTyped } from '../ui/index.ts'

/** Addresses of live news, whose answers never end: they are no pages. */
const ENDLESS = /\/events$/
/** Headers of the page's answer that are this answer's own. */
const OWN = new Set(['connection', 'content-encoding', 'content-length', 'date', 'etag', 'keep-alive', 'transfer-encoding'])

/**
 * The language buttons of every page with a form: the page is drawn again in that language with what was typed so far,
 * which is kept nowhere. Passwords and files are left out.
 */
export const languageRoute: RouteModule = (app) => {
  app.get(LANGUAGE_PATH, { config: { access: 'public' } }, (request, reply) => seeOther(reply, pageOf(request.query)))
  app.post(LANGUAGE_PATH, { config: { access: 'public' } }, async (request, reply) => {
    const { _lang: language, ...fields } = formOf(request)
    const page = pageOf(request.query)
    const url = `${page}${page.includes('?') ? '&' : '?'}lang=${encodeURIComponent([language].flat()[0] ?? '')}`
    const { cookie, 'user-agent': agent, 'accept-language': accepted, host } = request.headers
    const kept = Object.entries({ cookie, host, 'user-agent': agent, 'accept-language': accepted }).filter(
      ([, value]) => value !== undefined,
    )
    const answer = await app.inject({
      method: 'GET',
      url,
      headers: { ...Object.fromEntries(kept), accept: 'text/html' },
      remoteAddress: request.ip,
    })
    // what is no page, such as the way to signing in, the browser fetches itself
    if (answer.statusCode !== 200 || !String(answer.headers['content-type']).startsWith('text/html')) return seeOther(reply, url)
    for (const [name, value] of Object.entries(answer.headers)) if (!OWN.has(name) && value !== undefined) void reply.header(name, value)
    const typed = new Map(Object.entries(fields).map(([name, value]) => [name, [value].flat()]))
    return reply.send(withTyped(answer.payload, { action: textOf(request.query, 'form') ?? '', fields: typed }))
  })
}

/** The page that was asked for, without a language of its own. */
function pageOf(query: unknown): string {
  const asked = (textOf(query, 'page') ?? '').split('#', 1)[0] ?? ''
  const at = asked.indexOf('?')
  const path = ownPath(at < 0 ? asked : asked.slice(0, at))
  if (path === '' || isNone(path)) return '/'
  // of an address that is too long the page is kept, and its query is not
  const search = at < 0 || ownPath(asked) === '' ? '' : asked.slice(at + 1)
  const rest = search.split('&').filter((part) => part !== '' && !part.startsWith('lang='))
  return rest.length > 0 ? `${path}?${rest.join('&')}` : path
}

/** Whether an address, read as the router reads it, is no page to draw again. */
function isNone(path: string): boolean {
  try {
    const read = decodeURIComponent(path)
    return read === LANGUAGE_PATH || ENDLESS.test(read)
  } catch {
    return true
  }
}
