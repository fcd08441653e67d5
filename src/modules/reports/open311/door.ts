import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { textOf } from '../../../platform/http/routes.ts'
import type { Translate } from '../../../platform/i18n.ts'
import { networkOf } from '../../identity/index.ts'
import { contentTypes, type Format } from '../../open311/index.ts'
import type { Board } from '../service/index.ts'
import { type Allowance, makeAllowance } from './allowance.ts'
import { type KeyRing, makeKeyRing } from './clients.ts'
import { type Documents, makeDocuments, type ReadyDocument } from './documents.ts'
import { formatOf, localeOf, refuse } from './fault.ts'
import type { Ask } from './query.ts'
import { newestCategory } from './store.ts'
import { makeTeller, type Teller } from './telling.ts'

/** Where the methods of GeoReport v2 are. */
export const OPEN311_ROOT = '/open311/v2'

/** What the doors of GeoReport v2 share in one process. */
export type Door = {
  readonly board: Board
  readonly allowance: Allowance
  readonly keys: KeyRing
  readonly documents: Documents
  /** The teller of a language for the categories as they are now. */
  readonly tellerOf: (language: string) => Teller
  /** When services or their definitions last changed. */
  readonly changeset: () => Promise<Date>
}

/** Puts the doors' means together. */
export function makeDoor(board: Board): Door {
  const { platform } = board
  const register = registerOf(board)
  const file = once(() => stat(join(platform.city.folder, 'reports.yaml')).then(({ mtime }) => mtime, () => platform.now())) // prettier-ignore
  return {
    board,
    allowance: makeAllowance(platform),
    keys: makeKeyRing(platform),
    documents: makeDocuments(platform),
    tellerOf: (language) => makeTeller(board, language, register),
    async changeset() {
      const [written, added] = await Promise.all([file(), newestCategory(platform.db)])
      return added !== null && added > written ? added : written
    },
  }
}

/** Finds an address of the register by its line; sorted once, when it is first asked for. */
function registerOf({ places }: Board): (line: string) => { readonly id: string; readonly postcode: string } | null {
  const lines = once(() => new Map((places?.addresses ?? []).map((each) => [each.line1, { id: each.id, postcode: each.postcode }])))
  return (line) => lines().get(line) ?? null
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

/** A request as the doors see it. */
export type Visit = {
  readonly request: FastifyRequest
  readonly format: Format
  readonly language: string
  readonly t: Translate
  readonly ask: Ask
}

/** Reads a request's format, language and parameters. */
export function visitOf(door: Door, request: FastifyRequest): Visit {
  const language = localeOf(door.board, request)
  const ask: Ask = (name) => textOf(request.query, name)?.trim() || null
  return { request, format: formatOf(request), language, t: door.board.words.translator(language), ask }
}

/** The jurisdiction that this server is for: its own host, without `www`. */
export function jurisdictionOf(board: Board): string {
  return new URL(board.platform.publicOrigin).hostname.replace(/^www\./, '')
}

/** A server of one jurisdiction may be asked without its id; another's is not found (jurisdiction_id). */
export function refuseOtherJurisdiction(door: Door, visit: Visit, asked: string | null): void {
  if (asked === null) return
  const own = [jurisdictionOf(door.board), door.board.platform.city.id]
  if (!own.includes(asked.trim().toLowerCase())) refuse('open311.no-jurisdiction', 404, [visit.t('open311.error.jurisdiction')])
}

/** How many requests a minute a network may send with keys that are none. */
const WRONG_KEYS_PER_MINUTE = 30

/** Who reads: with a key its client's allowance is used, else the network's. Throws 403 for a wrong key and 429 for too much. */
export async function admitReader(door: Door, visit: Visit, cost = 1): Promise<void> {
  const key = visit.ask('api_key')
  if (key !== null) {
    await admitClient(door, visit, key, cost)
    return
  }
  await door.allowance.take(`network:${networkOf(visit.request.ip)}`, door.board.categories.programs.per_minute, cost)
}

/** The client that a key is for. Throws 403 without a good one (General Errors) and 429 when its allowance is used up. */
export async function admitClient(door: Door, visit: Visit, key: string | null, cost = 1): Promise<string> {
  const client = key === null ? null : await door.keys.clientOf(key)
  if (client) {
    await door.allowance.take(`client:${client.id}`, client.per_minute, cost)
    return client.id
  }
  await door.allowance.take(`wrong:${networkOf(visit.request.ip)}`, WRONG_KEYS_PER_MINUTE)
  return refuse('open311.key', 403, [visit.t(key === null ? 'open311.error.key_needed' : 'open311.error.key')])
}

/** A typed reference as it is stored. Throws 404. */
export function referenceOf(visit: Visit, typed: string): string {
  const reference = parseReference(typed.slice(0, 100))
  return reference ?? refuse('open311.no-request', 404, [visit.t('open311.error.request')])
}

/** Sends a document in the format that was asked for; anybody's page may read it. */
export function give(reply: FastifyReply, visit: Visit, body: string | ReadyDocument, status = 200): FastifyReply {
  void reply
    .code(status)
    .type(contentTypes[visit.format])
    .header('access-control-allow-origin', '*')
    .header('vary', 'accept, accept-language, accept-encoding')
  if (typeof body === 'string') return reply.send(body)
  if (!/\bgzip\b/.test(visit.request.headers['accept-encoding'] ?? '')) return reply.send(body.body)
  return reply.header('content-encoding', 'gzip').send(body.gzip())
}

/** The id at the end of a path, without the ending that names the format. */
export function idIn(text: string): string {
  return text.replace(/\.(xml|json)$/, '')
}

/** The fault of a body that is no form. */
export function notAForm(visit: Visit): Problem {
  return new Problem('open311.not-a-form', 415, visit.t('open311.error.form'), { descriptions: [visit.t('open311.error.form')] })
}
