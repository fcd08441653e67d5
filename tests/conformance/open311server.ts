import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Attribute,
  contentTypes,
  encodeDefinition,
  encodeDiscovery,
  encodeErrors,
  encodeReceipt,
  encodeRequests,
  encodeServices,
  encodeTokenAnswer,
  encodeUpdates,
  type ErrorLine,
  type Format,
  parseW3c,
  readRequestForm,
  type RequestUpdate,
  type Service,
  type ServiceDefinition,
  type ServiceRequest,
  SPECIFICATION,
  w3cDateTime,
} from '../../src/modules/open311/index.ts'

/** What was asked of the server. */
export type Question = { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly format: Format }
/** What it is about to answer. */
export type Reply = { readonly status: number; readonly type: string; readonly body: string }

/** How a server departs from the specification; nothing given: it does not. */
export type Deviation = {
  readonly services?: (services: Service[]) => Service[]
  readonly definition?: (definition: ServiceDefinition) => ServiceDefinition
  /** What is shown of each request. */
  readonly request?: (request: ServiceRequest) => ServiceRequest
  /** Filters that do nothing. */
  readonly ignores?: readonly string[]
  /** How many requests there are in the last 90 days. */
  readonly many?: number
  /** The most that are answered at once. */
  readonly limit?: number
  /** Reads the times of filters as if they had no zone. */
  readonly zoneless?: boolean
  /** POSTs that are not refused though they should be. */
  readonly takes?: readonly string[]
  readonly reply?: (question: Question, reply: Reply) => Reply
}

/** A reference server at work. */
export type ReferenceServer = { readonly url: string; readonly key: string; close(): Promise<void> }

const KEY = 'fictional-key'
const DAY = 86_400_000

const services: readonly Service[] = [
  { service_code: '001', service_name: 'Pothole', description: 'A hole in the road', metadata: false, type: 'realtime', keywords: 'road, hole', group: 'streets' },
  { service_code: 'lamp', service_name: 'Street light', description: 'A lamp that is out', metadata: true, type: 'realtime', keywords: 'light, lamp', group: 'streets' },
  { service_code: 'litter', service_name: 'Litter & waste', description: null, metadata: false, type: 'realtime', keywords: null, group: 'parks' },
] // prettier-ignore

const attribute = (code: string, datatype: Attribute['datatype'], order: number, required: boolean, keys: readonly string[]): Attribute => ({
  variable: true, code, datatype, required, order, datatype_description: null, description: `About ${code}`, values: keys.map((key) => ({ key, name: `Kind ${key}` })),
}) // prettier-ignore

const definition: ServiceDefinition = {
  service_code: 'lamp',
  attributes: [
    attribute('KIND', 'singlevaluelist', 1, true, ['1', '2']),
    attribute('SEEN', 'multivaluelist', 2, false, ['day', 'night', 'dusk']),
    attribute('POLE', 'string', 3, false, []),
  ],
}

function requestsOf(now: number, many: number): ServiceRequest[] {
  const made = (index: number, at: number): ServiceRequest => ({
    service_request_id: `R-${index}`,
    status: index % 3 === 0 ? 'closed' : 'open',
    status_notes: index % 3 === 0 ? 'Done & dusted' : null,
    service_name: services[index % 3]?.service_name ?? null,
    service_code: services[index % 3]?.service_code ?? null,
    description: index % 5 === 0 ? 'Two lines:\n5 < 6 & "7" – größer' : 'A report',
    agency_responsible: null,
    service_notice: null,
    requested_datetime: w3cDateTime(new Date(at)),
    updated_datetime: w3cDateTime(new Date(at + 3_600_000)),
    expected_datetime: null,
    address: `${index} Fictional Street`,
    address_id: null,
    zipcode: null,
    lat: 10.5 + index / 10_000,
    long: -20.25,
    media_url: null,
  })
  const recent = Array.from({ length: many }, (_, index) => made(index + 1, now - DAY - Math.floor((index * 80 * DAY) / many)))
  const old = Array.from({ length: 20 }, (_, index) => made(many + index + 1, now - (100 + index * 5) * DAY))
  return [...recent, ...old]
}

/** Starts a complete GeoReport v2 server with fixed requests on a free loopback port; with a deviation, one that is wrong in that. */
export async function startReference(deviation: Deviation = {}): Promise<ReferenceServer> {
  const world: World = { deviation, all: requestsOf(Date.now(), deviation.many ?? 60), tokens: new Map(), base: '' }
  const server: Server = createServer((message, response) => {
    void read(message).then((body) => {
      const url = new URL(message.url ?? '/', 'http://localhost')
      const found = /^\/open311\/v2\/(.+)\.(xml|json)$/.exec(url.pathname)
      const format: Format = found?.[2] === 'json' ? 'json' : 'xml'
      const question: Question = {
        method: message.method ?? 'GET',
        path: decodeURIComponent(found?.[1] ?? ''),
        query: url.searchParams,
        format,
      }
      const plain = found ? answer(world, question, body) : refusal(404, 'There is no such page.', format)
      const reply = deviation.reply?.(question, plain) ?? plain
      response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  world.base = `http://localhost:${port}/open311/v2`
  return {
    url: world.base,
    key: KEY,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

type World = { readonly deviation: Deviation; readonly all: ServiceRequest[]; readonly tokens: Map<string, string>; base: string }

async function read(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

const reply = (body: string, format: Format, status = 200): Reply => ({ status, type: contentTypes[format], body })
const refusal = (status: number, description: string, format: Format): Reply => refusals(status, [description], format)

function refusals(status: number, descriptions: readonly string[], format: Format): Reply {
  const lines = descriptions.map((description): ErrorLine => ({ code: String(status), description }))
  return reply(encodeErrors(lines, format), format, status)
}

function answer(world: World, question: Question, body: string): Reply {
  const { path, format, query, method } = question
  const jurisdiction = query.get('jurisdiction_id')
  if (jurisdiction && jurisdiction !== 'city.example') return refusal(404, 'There is no such jurisdiction_id.', format)
  const [name, id] = path.split('/')
  const key = `${method} ${name}${id === undefined ? '' : '/'}`
  const { deviation, all } = world
  switch (key) {
    case 'GET discovery':
      return reply(discoveryOf(world.base, format), format)
    case 'GET services':
      return reply(encodeServices(deviation.services?.([...services]) ?? services, format), format)
    case 'GET services/':
      if (id !== definition.service_code) return refusal(404, 'There is no such service_code.', format)
      return reply(encodeDefinition(deviation.definition?.(definition) ?? definition, format), format)
    case 'GET requests':
      return list(world, question)
    case 'GET requests/': {
      const one = all.filter((request) => request.service_request_id === id)
      return one.length === 0 ? refusal(404, 'There is no such request.', format) : reply(encodeRequests(one.map((each) => deviation.request?.(each) ?? each), format), format) // prettier-ignore
    }
    case 'GET tokens/': {
      const made = world.tokens.get(id ?? '')
      return made === undefined ? refusal(404, 'There is no such token.', format) : reply(encodeTokenAnswer({ service_request_id: made, token: id ?? '' }, format), format) // prettier-ignore
    }
    case 'GET servicerequestupdates':
      return reply(encodeUpdates(updatesOf(all, query), format), format)
    case 'POST servicerequestupdates':
      return refusal(403, 'An api_key is needed.', format)
    case 'POST requests':
      return take(world, format, new URLSearchParams(body))
    default:
      return refusal(404, 'There is no such method.', format)
  }
}

function discoveryOf(url: string, format: Format): string {
  const changeset = '2026-01-01T00:00:00Z'
  const formats = ['text/xml', 'application/json']
  const endpoints = [{ specification: SPECIFICATION, url, changeset, type: 'test' as const, formats }]
  return encodeDiscovery({ changeset, contact: 'help@city.example', key_service: 'Write to help@city.example', endpoints }, format)
}

function list({ deviation, all }: World, { query, format }: Question): Reply {
  const asked = (name: string): string | null => (deviation.ignores?.includes(name) ? null : query.get(name) || null)
  const ids = asked('service_request_id')?.split(',')
  const [status, codes] = [asked('status')?.split(','), asked('service_code')?.split(',')]
  const [start, end] = [asked('start_date'), asked('end_date')].map((date) =>
    date === null ? null : parse(date, deviation.zoneless ?? false),
  )
  if (Number.isNaN(start) || Number.isNaN(end)) return refusal(400, 'A date must be like 2010-01-01T00:00:00Z.', format)
  if (typeof start === 'number' && typeof end === 'number' && end - start > 90 * DAY) return refusal(400, 'At most 90 days.', format)
  const since = deviation.ignores?.includes('90 days') ? 0 : (end ?? Date.now()) - 90 * DAY
  const found = all
    .filter((request) => {
      const made = parseW3c(request.requested_datetime ?? '')?.getTime() ?? 0
      if (ids) return ids.includes(request.service_request_id)
      const inTime = made >= (start ?? since) && made <= (end ?? Number.POSITIVE_INFINITY)
      return inTime && (status?.includes(request.status) ?? true) && (codes?.includes(request.service_code ?? '') ?? true)
    })
    .sort((a, b) => (b.requested_datetime ?? '').localeCompare(a.requested_datetime ?? ''))
  const size = Number(asked('page_size') ?? deviation.limit ?? 1_000)
  const from = (Number(query.get('page') || 1) - 1) * size
  return reply(
    encodeRequests(
      found.slice(from, from + size).map((request) => deviation.request?.(request) ?? request),
      format,
    ),
    format,
  )
}

function parse(date: string, zoneless: boolean): number {
  return (parseW3c(zoneless ? `${date.slice(0, 19)}Z` : date) ?? new Date(Number.NaN)).getTime()
}

function updatesOf(all: readonly ServiceRequest[], query: URLSearchParams): RequestUpdate[] {
  const [from, to] = [query.get('start_date') || null, query.get('end_date') || null]
  return all
    .filter(({ status }) => status === 'closed')
    .map((request) => ({
      update_id: `U-${request.service_request_id}`,
      service_request_id: request.service_request_id,
      status: 'CLOSED',
      updated_datetime: request.updated_datetime,
      description: 'Done',
      media_url: null,
    }))
    .filter(({ updated_datetime: at }) => (from === null || (at ?? '') >= from) && (to === null || (at ?? '') <= to))
}

function take({ deviation, all, tokens }: World, format: Format, form: URLSearchParams): Reply {
  const lenient = (what: string): boolean => deviation.takes?.includes(what) ?? false
  if (form.get('api_key') !== KEY && !lenient('no key')) return refusal(403, 'The api_key is not known.', format)
  const asked = readRequestForm(form)
  const service = services.find(({ service_code }) => service_code === asked.service_code)
  if (asked.service_code !== null && !service) return refusal(404, 'There is no such service_code.', format)
  const [lat, long] = [Number(asked.lat ?? Number.NaN), Number(asked.long ?? Number.NaN)]
  const placed = Math.abs(lat) <= 90 && Math.abs(long) <= 180
  const said = asked.lat === null && asked.long === null && asked.address_string !== null
  const faults = [
    ...(service ? [] : ['Give a service_code.']),
    ...(placed || said || lenient('no place') ? [] : ['Give lat and long in degrees, or address_string.']),
    ...(service?.metadata && !lenient('no attribute') && !asked.attributes.has('KIND') ? ['Give attribute[KIND].'] : []),
    ...(asked.attributes.get('KIND')?.some((value) => !['1', '2'].includes(value)) && !lenient('any value')
      ? ['attribute[KIND] is 1 or 2.']
      : []),
  ]
  if (faults.length > 0) return refusals(400, faults, format)
  const now = w3cDateTime(new Date())
  const [template] = requestsOf(0, 1)
  if (!template) throw new Error('There is no template.')
  const id = `N-${all.length + 1}`
  all.push({
    ...template,
    service_request_id: id,
    status: 'open',
    status_notes: null,
    service_code: service?.service_code ?? null,
    service_name: service?.service_name ?? null,
    description: asked.description?.slice(0, 4_000) ?? null,
    requested_datetime: now,
    updated_datetime: now,
    lat: placed ? lat : 10.5,
    long: placed ? long : -20.25,
  })
  const more = { service_notice: null, account_id: null }
  const listed = deviation.services?.([...services]).find(({ service_code }) => service_code === service?.service_code)
  if (listed?.type !== 'batch') return reply(encodeReceipt({ service_request_id: id, ...more }, format), format)
  tokens.set(`T-${id}`, id)
  return reply(encodeReceipt({ token: `T-${id}`, ...more }, format), format)
}
