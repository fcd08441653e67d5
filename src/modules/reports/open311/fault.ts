import type { FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import type { FaultTeller } from '../../../platform/http/routes.ts'
import { languageOf } from '../../../platform/http/visit.ts'
import { contentTypes, encodeErrors, type ErrorLine, type Format } from '../../open311/index.ts'
import type { Board } from '../service/index.ts'

/** Refuses with what is wrong, each fault in a sentence of its own for the one who reads it (Errors). */
export function refuse(code: string, status: number, descriptions: readonly string[]): never {
  throw new Problem(code, status, descriptions.join(' '), { descriptions })
}

/** The format of an answer: the ending of the path, else what is accepted, else XML (Format Support: the required one). */
export function formatOf(request: FastifyRequest): Format {
  const path = request.url.split('?', 1)[0] ?? ''
  if (path.endsWith('.json')) return 'json'
  if (path.endsWith('.xml')) return 'xml'
  const weights = (request.headers.accept ?? '').slice(0, 500).split(',').map((part) => {
    const [type = '', ...rest] = part.trim().toLowerCase().split(';')
    const quality = Number(/^\s*q=([\d.]+)/.exec(rest.find((each) => /^\s*q=/.test(each)) ?? '')?.[1] ?? 1)
    return { type, quality }
  }) // prettier-ignore
  const best = (wanted: RegExp): number => Math.max(0, ...weights.filter(({ type }) => wanted.test(type)).map(({ quality }) => quality))
  return best(/^application\/([\w.+-]+\+)?json$/) > best(/^(text|application)\/xml$/) ? 'json' : 'xml'
}

/** The language of an answer: `locale`, then what `languageOf` finds. */
export function localeOf(board: Board, request: FastifyRequest): string {
  const asked = /[?&]locale=([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})?(?:&|$)/.exec(request.url)?.[1]?.toLowerCase()
  const { city } = board.platform
  const known = city.languages.find(({ tag }) => tag === asked)
  return known?.tag ?? languageOf(request, city).language
}

/** The statuses that the specification and HTTP know for this; anything else is a 400 (Errors). */
const KEPT = new Set([400, 403, 404, 405, 413, 415, 429])

/** Tells refusals as error documents of the format that was asked for: a list, even for one (Errors). */
export function faultTeller(board: Board): FaultTeller {
  return (request, problem, incident) => {
    const format = formatOf(request)
    const t = board.words.translator(localeOf(board, request))
    const status = problem.status >= 500 || KEPT.has(problem.status) ? problem.status : 400
    const word = `problem.${problem.code}`
    const given = problem.extra['descriptions']
    const plain = board.words.has(word) ? t(word) : problem.detail
    const said =
      Array.isArray(given) && given.length > 0
        ? given.map(String)
        : [incident === null ? plain : `${plain} ${t('problem.incident', { incident })}`]
    const lines: ErrorLine[] = said.map((description) => ({ code: String(status), description }))
    return { status, type: contentTypes[format], body: encodeErrors(lines, format) }
  }
}
