import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { csvLines } from '../../../platform/csv.ts'
import {
  contentTypes, encodeDefinition, encodeDiscovery, encodeRequests, encodeServices, encodeTokenAnswer, type ExtendedAttributes, type ServiceRequest, SPECIFICATION, w3cDateTime,
} from '../../open311/index.ts' // prettier-ignore
import { inLanguage } from '../../../kernel/text.ts'
import type { ReportFilter } from '../search/store.ts'
import { boxAround } from '../service/nearest.ts'
import { expectedFinish } from '../service/index.ts'
import { reportBySource } from '../store.ts'
import { admitClient, admitReader, type Door, give, OPEN311_ROOT, referenceOf, refuseOtherJurisdiction, type Visit } from './door.ts'
import { refuse } from './fault.ts'
import { keyedSource } from './post.ts'
import { type Fault, pointIn, readQuery, type RequestQuery } from './query.ts'
import { definitionOf, serviceList } from './services.ts'
import { toldReports } from './store.ts'
import { parseReference } from '../../../kernel/id.ts'

/** Service Discovery: what this server is and how to get a key. */
export async function giveDiscovery(door: Door, visit: Visit, reply: FastifyReply): Promise<FastifyReply> {
  await admitReader(door, visit)
  const { platform } = door.board
  const changeset = w3cDateTime(await door.changeset())
  const { phone, email } = platform.city.contact
  const endpoint = {
    specification: SPECIFICATION,
    url: platform.publicOrigin + OPEN311_ROOT,
    changeset,
    type: 'production',
    formats: [contentTypes.xml, contentTypes.json].map((type) => type.replace(/;.*/, '')),
  } as const
  const discovery = {
    changeset,
    contact: `${inLanguage(platform.city.name, visit.language).text}: ${email}, ${phone}`,
    key_service: visit.t('open311.key_service', { link: `${platform.publicOrigin}/open311/keys` }),
    endpoints: [endpoint],
  }
  return give(reply, visit, encodeDiscovery(discovery, visit.format))
}

/** GET Service List. With lat and long outside the city: nothing can be reported there. */
export async function giveServices(door: Door, visit: Visit, reply: FastifyReply): Promise<FastifyReply> {
  await admitReader(door, visit)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const [lat, long] = [visit.ask('lat'), visit.ask('long')]
  const { places } = door.board
  const point =
    lat === null && long === null ? null : (pointIn(lat, long) ?? refuse('open311.invalid', 400, [visit.t('open311.error.lat_long')]))
  const outside = point !== null && places !== null && places.districtAt(point.lat, point.long) === null
  return give(reply, visit, encodeServices(outside ? [] : serviceList(door.board, visit.language), visit.format))
}

/** GET Service Definition. */
export async function giveDefinition(door: Door, visit: Visit, reply: FastifyReply, code: string): Promise<FastifyReply> {
  await admitReader(door, visit)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const definition = definitionOf(door.board, code, visit.language, visit.t)
  if (!definition) refuse('open311.no-service', 404, [visit.t('open311.error.service_code')])
  return give(reply, visit, encodeDefinition(definition, visit.format))
}

/** GET Service Requests. */
export async function giveRequests(door: Door, visit: Visit, reply: FastifyReply): Promise<FastifyReply> {
  await admitReader(door, visit)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const query = queryOf(door, visit, false)
  const byDefault = visit.ask('start_date') === null && visit.ask('end_date') === null
  // the default span moves on with each millisecond: its documents are kept by their other parameters
  const name = JSON.stringify([visit.format, visit.language, byDefault, byDefault ? { ...query, from: null, to: null } : query])
  const document = await door.documents.get(name, async () => encodeRequests(await requestsOf(door, visit, query), visit.format))
  return give(reply, visit, document)
}

async function requestsOf(door: Door, visit: Visit, query: RequestQuery): Promise<ServiceRequest[]> {
  const { page, size, circle } = query
  const rows = await toldReports(door.board.platform.db, filterOf(query), { limit: size, offset: (page - 1) * size, circle })
  return door.tellerOf(visit.language)(rows, query.extensions)
}

function filterOf(query: RequestQuery): ReportFilter {
  const { ids, codes, states, circle } = query
  return {
    publicOnly: true,
    ...(ids ? { references: ids.flatMap((each) => parseReference(each.slice(0, 100)) ?? []) } : {}),
    ...(codes ? { categories: codes } : {}),
    ...(states ? { states } : {}),
    openedFrom: query.from,
    openedTo: query.to,
    updatedFrom: query.updatedFrom,
    updatedTo: query.updatedTo,
    bbox: circle ? boxAround(circle.lat, circle.long, circle.metres) : null,
  }
}

/** The parameters of a list. Throws 400 with every fault in words. */
export function queryOf(door: Door, visit: Visit, anySpan: boolean): RequestQuery {
  const query = readQuery(visit.ask, door.board.platform.now(), { anySpan })
  if ('faults' in query) refuse('open311.invalid', 400, query.faults.map((fault) => faultWords(visit, fault))) // prettier-ignore
  return query
}

/** A fault of a parameter in words. */
export function faultWords({ t }: Visit, { name, wrong }: Fault): string {
  return t(`open311.error.query_${wrong}`, { name })
}

/** GET Service Request: one, in a list; with `extensions=true` also when it is likely to be done. */
export async function giveRequest(door: Door, visit: Visit, reply: FastifyReply, id: string): Promise<FastifyReply> {
  await admitReader(door, visit)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const reference = referenceOf(visit, id)
  const [row] = await toldReports(door.board.platform.db, { publicOnly: true, references: [reference] }, { limit: 1 })
  if (!row) refuse('open311.no-request', 404, [visit.t('open311.error.request')])
  const extensions = ['true', 'v1'].includes(visit.ask('extensions') ?? '')
  const told = await door.tellerOf(visit.language)([row], extensions)
  const expected = extensions && row.outcome === null ? await expectedFinish(door.board, row) : null
  const more: ExtendedAttributes = expected ? { likely_on: expected.likelyOn, latest_on: expected.latestOn, measured: expected.count } : {}
  const whole = expected
    ? told.map((each): ServiceRequest => ({ ...each, extended_attributes: { ...each.extended_attributes, ...more } }))
    : told
  return give(reply, visit, encodeRequests(whole, visit.format))
}

/**
 * GET service_request_id from a token. Ids are given at once here, so the only tokens are the `Idempotency-Key`s that
 * clients sent: with its own key a client finds a request whose answer it never saw.
 */
export async function giveToken(door: Door, visit: Visit, reply: FastifyReply, token: string): Promise<FastifyReply> {
  const key = visit.ask('api_key')
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  if (key === null) await admitReader(door, visit)
  const clientId = key === null ? null : await admitClient(door, visit, key)
  const report = clientId === null ? null : await reportBySource(door.board.platform.db, 'open311', keyedSource(clientId, token))
  if (!report) refuse('open311.no-token', 404, [visit.t('open311.error.token')])
  return give(reply, visit, encodeTokenAnswer({ service_request_id: report.reference, token }, visit.format))
}

/** Rows read at a time for the long list. */
const CHUNK = 1_000
/** How many ordinary requests the long list counts as. */
const LIST_COST = 10

const head = [
  'service_request_id', 'status', 'status_notes', 'service_name', 'service_code', 'description', 'agency_responsible', 'requested_datetime',
  'updated_datetime', 'expected_datetime', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url',
] as const // prettier-ignore
const moreHead = ['state', 'outcome', 'evidence', 'confirmed_by', 'reopened', 'due_on', 'district'] as const

/** All requests of a query as one CSV table, streamed: no limit of rows, and any span when a date is named. */
export async function giveCsv(door: Door, visit: Visit, reply: FastifyReply): Promise<FastifyReply> {
  await admitReader(door, visit, LIST_COST)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const query = queryOf(door, visit, true)
  void reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', 'attachment; filename="requests.csv"')
    .header('access-control-allow-origin', '*')
  return reply.send(Readable.from(linesOf(door, visit, query)))
}

async function* linesOf(door: Door, visit: Visit, query: RequestQuery): AsyncGenerator<string> {
  yield `\uFEFF${csvLines([[...head, ...moreHead]])}`
  const tell = door.tellerOf(visit.language)
  const filter = filterOf(query)
  for (let after: { openedAt: Date; id: string } | null = null; ;) {
    const rows: Awaited<ReturnType<typeof toldReports>> = await toldReports(door.board.platform.db, filter, {
      limit: CHUNK,
      after,
      circle: query.circle,
    })
    const told = await tell(rows, true)
    if (told.length > 0) yield csvLines(told.map((each) => [...head.map((name) => each[name]), ...moreHead.map((name) => cell(each.extended_attributes?.[name]))])) // prettier-ignore
    const last = rows.at(-1)
    if (!last || rows.length < CHUNK) return
    after = { openedAt: last.opened_at, id: last.id }
  }
}

function cell(value: string | number | boolean | null | undefined): string | number | null {
  return typeof value === 'boolean' ? String(value) : (value ?? null)
}
