import type { FastifyReply, FastifyRequest } from 'fastify'
import { match } from '@formatjs/intl-localematcher'
import type { City } from '../city.ts'
import { cookieOf } from './security.ts'

/** The cookie that keeps the reader's language. */
export const LANGUAGE_COOKIE = 'stoa_lang'

/** The language for a request: `?lang=`, then the cookie, then `Accept-Language` (RFC 4647 look-up), then English. */
export function languageOf(request: FastifyRequest, city: City): { language: string; chosen: boolean } {
  const tags = city.languages.map((language) => language.tag)
  const asked = /[?&]lang=([A-Za-z-]{2,12})/.exec(request.url)?.[1]
  if (asked !== undefined && tags.includes(asked)) return { language: asked, chosen: true }
  const kept = cookieOf(request, LANGUAGE_COOKIE)
  if (kept !== null && tags.includes(kept)) return { language: kept, chosen: false }
  return { language: acceptedLanguage(request.headers['accept-language'], tags), chosen: false }
}

function acceptedLanguage(header: string | undefined, tags: readonly string[]): string {
  const fallback = tags[0] ?? 'en'
  if (header === undefined || header.length > 500) return fallback
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
