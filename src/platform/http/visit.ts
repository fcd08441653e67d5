import type { FastifyReply, FastifyRequest } from 'fastify'
import { match } from '@formatjs/intl-localematcher'
import type { City } from '../city.ts'
import { remembered } from '../../kernel/once.ts'
import { type Asking, cookieOf } from './security.ts'

/** The cookie that keeps the reader's language. */
export const LANGUAGE_COOKIE = 'stoa_lang'

/**
 * The language for a request: `?lang=`, then the cookie, then `Accept-Language` (RFC 4647 look-up), then English. `also` are
 * languages that what is asked for has words in, beside those of the city.
 */
export function languageOf(request: Asking, city: City, also: readonly string[] = []): { language: string; chosen: boolean } {
  const tags = [...city.languages.map((language) => language.tag), ...also]
  const asked = /[?&]lang=([A-Za-z-]{2,12})/.exec(request.url)?.[1]
  if (asked !== undefined && tags.includes(asked)) return { language: asked, chosen: true }
  const kept = cookieOf(request, LANGUAGE_COOKIE)
  if (kept !== null && tags.includes(kept)) return { language: kept, chosen: false }
  return { language: acceptedLanguage(request.headers['accept-language'], tags), chosen: false }
}

/** Browsers send few different headers, and looking one up costs as much as half a page. */
const looked = remembered<string>(1_000)

function acceptedLanguage(header: string | undefined, tags: readonly string[]): string {
  const fallback = tags[0] ?? 'en'
  if (header === undefined || header.length > 500) return fallback
  return looked(`${tags.join()} ${header}`, () => lookUp(header, tags, fallback))
}

function lookUp(header: string, tags: readonly string[], fallback: string): string {
  const wanted = header
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().split(/;\s*q=/)
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(tag) && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
    .slice(0, 10)
  if (wanted.length === 0) return fallback
  try {
    return match(wanted, tags, fallback)
  } catch {
    return fallback
  }
}

/** The path of a request without query, as it was asked for; safe as a link: never one that leads to another host. */
export function pathOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  const path = at < 0 ? request.url : request.url.slice(0, at)
  return path.startsWith('/') ? path.replace(/^[/\\]+/, '/') : '/'
}

/**
 * The address, with its query, of the page that an answer shows. The path of an act need not be a page: it is shown on the
 * nearest page above it.
 */
export function pageAddressOf(request: FastifyRequest): { path: string; query: string } {
  let path = pathOf(request)
  if (request.method === 'GET' || request.method === 'HEAD') return { path, query: queryWithoutLanguage(request) }
  let pattern = request.routeOptions.url ?? ''
  if (request.server.hasRoute({ method: 'GET', url: pattern })) return { path, query: queryWithoutLanguage(request) }
  while (pattern !== '' && !request.server.hasRoute({ method: 'GET', url: pattern })) {
    pattern = pattern.slice(0, pattern.lastIndexOf('/'))
    path = path.slice(0, path.lastIndexOf('/'))
  }
  return { path: pattern === '' ? '/' : path, query: '' }
}

/** The query of a request without `lang`: empty, or beginning with `?`. */
export function queryWithoutLanguage(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  if (at < 0) return ''
  const kept = request.url
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('lang='))
  return kept.length > 0 ? `?${kept.join('&')}` : ''
}

/** Whether the reader wants a page rather than a JSON document. */
export function wantsPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  return !request.url.startsWith('/api/') && !(accept.includes('json') && !accept.includes('text/html'))
}

/** Adds a header that may come several times. */
export function appendCookie(reply: FastifyReply, value: string): void {
  const had = reply.getHeader('set-cookie')
  const all = had === undefined ? [] : Array.isArray(had) ? had : [String(had)]
  void reply.header('set-cookie', [...all, value])
}
