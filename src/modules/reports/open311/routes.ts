import type { FastifyReply, FastifyRequest, FastifyInstance } from 'fastify'
import { formOf, type RouteModule } from '../../../platform/http/routes.ts'
import { readParts } from '../../../platform/http/parts.ts'
import { encodeReceipt, readRequestForm } from '../../open311/index.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Board } from '../service/index.ts'
import { adminRoutes } from './adminroutes.ts'
import {
  admitClient,
  type Door,
  give,
  idIn,
  makeDoor,
  notAForm,
  OPEN311_ROOT,
  refuseOtherJurisdiction,
  type Visit,
  visitOf,
} from './door.ts'
import { faultTeller, refuse } from './fault.ts'
import { keyRoutes } from './keyroutes.ts'
import { postRequest } from './post.ts'
import { giveCsv, giveDefinition, giveDiscovery, giveRequest, giveRequests, giveServices, giveToken } from './reading.ts'
import { giveUpdates, postUpdate } from './updates.ts'

type Give = (door: Door, visit: Visit, reply: FastifyReply) => Promise<FastifyReply>
type GiveOne = (door: Door, visit: Visit, reply: FastifyReply, id: string) => Promise<FastifyReply>

/** The methods of GeoReport v2 (Open311), the pages where programs ask for a key, and the administrators' list of them. */
export function open311Routes(board: Board, pages: Pages): RouteModule {
  const door = makeDoor(board)
  return (app) => {
    readingRoutes(door)(app)
    postingRoutes(door)(app)
    otherPaths(door)(app)
    keyRoutes(board, pages)(app)
    adminRoutes(board, pages)(app)
  }
}

const endings = ['', '.json', '.xml'] as const

function readingRoutes(door: Door): RouteModule {
  const config = { access: 'public', api: true, fault: faultTeller(door.board) } as const
  return (app) => {
    const list = (name: string, show: Give): void => {
      for (const ending of endings) {
        app.get(`${OPEN311_ROOT}/${name}${ending}`, { config }, (request, reply) => show(door, visitOf(door, request), reply))
      }
    }
    const one = (name: string, show: GiveOne): void => {
      app.get<{ Params: { id: string } }>(`${OPEN311_ROOT}/${name}/:id`, { config }, (request, reply) =>
        show(door, visitOf(door, request), reply, idIn(request.params.id)),
      )
    }
    list('discovery', giveDiscovery)
    list('services', giveServices)
    one('services', giveDefinition)
    list('requests', giveRequests)
    app.get(`${OPEN311_ROOT}/requests.csv`, { config }, (request, reply) => giveCsv(door, visitOf(door, request), reply))
    one('requests', giveRequest)
    one('tokens', giveToken)
    list('servicerequestupdates', giveUpdates)
  }
}

/** A form as it was sent. */
type Sent = {
  readonly fields: ReadonlyArray<readonly [string, string]>
  readonly media: ReadonlyArray<{ readonly name: string; readonly bytes: Buffer }>
}

function postingRoutes(door: Door): RouteModule {
  const config = { access: 'token', api: true, upload: true, fault: faultTeller(door.board) } as const
  return (app) => {
    for (const ending of endings) {
      app.post(`${OPEN311_ROOT}/requests${ending}`, { config }, (request, reply) => takeRequest(door, request, reply))
      app.post(`${OPEN311_ROOT}/servicerequestupdates${ending}`, { config }, (request, reply) => takeUpdate(door, request, reply))
    }
  }
}

async function takeRequest(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const visit = visitOf(door, request)
  const early = keyBefore(visit)
  // with its key before the body, nobody without one makes us read files
  const known = early === null ? null : await admitClient(door, visit, early)
  const { fields, media } = await sentIn(visit)
  const clientId = known ?? (await admitClient(door, visit, valueIn(fields, 'api_key')))
  const posted = readRequestForm(fields)
  refuseOtherJurisdiction(door, visit, posted.jurisdiction_id ?? visit.ask('jurisdiction_id'))
  const key = keyOf(visit)
  const { receipt, repeated } = await postRequest(door.board, { request: posted, media, key, clientId, language: visit.language }, visit.t)
  if (receipt.service_request_id) void reply.header('location', `${OPEN311_ROOT}/requests/${receipt.service_request_id}.${visit.format}`)
  return give(reply, visit, encodeReceipt(receipt, visit.format), repeated ? 200 : 201)
}

async function takeUpdate(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const visit = visitOf(door, request)
  const early = keyBefore(visit)
  const known = early === null ? null : await admitClient(door, visit, early)
  const { fields } = await sentIn(visit)
  const clientId = known ?? (await admitClient(door, visit, valueIn(fields, 'api_key')))
  refuseOtherJurisdiction(door, visit, valueIn(fields, 'jurisdiction_id') ?? visit.ask('jurisdiction_id'))
  return postUpdate(door, visit, reply, new Map(fields.toReversed()), clientId)
}

/** A key in the address or in a header. */
function keyBefore(visit: Visit): string | null {
  const header = visit.request.headers['x-api-key']
  return visit.ask('api_key') ?? (typeof header === 'string' && header !== '' ? header : null)
}

function keyOf(visit: Visit): string | null {
  const key = visit.request.headers['idempotency-key']
  if (key === undefined || key === '') return null
  if (typeof key === 'string' && /^[\x20-\x7E]{1,200}$/.test(key)) return key
  return refuse('open311.invalid', 400, [visit.t('open311.error.key_header')])
}

/** Reads a form, plain or with files. Any other body, XML or JSON, is refused unread. */
async function sentIn(visit: Visit): Promise<Sent> {
  const { request } = visit
  if (request.isMultipart()) {
    const { texts, files } = await readParts(request)
    return { fields: texts, media: files.filter(({ field, bytes }) => field.startsWith('media') && bytes.length > 0) }
  }
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) throw notAForm(visit)
  const fields = Object.entries(formOf(request)).flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const))
  return { fields, media: [] }
}

function valueIn(fields: Sent['fields'], name: string): string | null {
  return fields.find(([key, value]) => key === name && value.trim() !== '')?.[1].trim() ?? null
}

const lists = /^\/open311\/v2\/(requests|servicerequestupdates)(\.json|\.xml)?$/
const readable =
  /^\/open311\/v2\/((discovery|services|requests|servicerequestupdates)(\.json|\.xml)?|requests\.csv|(services|requests|tokens)\/[^/]+)$/

/** What is no method of GeoReport v2, and methods of HTTP that it does not have: told as error documents too. */
function otherPaths(door: Door): RouteModule {
  const config = { access: 'public', api: true, fault: faultTeller(door.board) } as const
  return (app: FastifyInstance) => {
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
      const visit = visitOf(door, request)
      const path = request.url.split('?', 1)[0] ?? ''
      if (!readable.test(path)) refuse('open311.no-method', 404, [visit.t('open311.error.path')])
      void reply.header('allow', lists.test(path) ? 'GET, HEAD, POST' : 'GET, HEAD')
      return refuse('open311.method', 405, [visit.t('open311.error.method')])
    }
    app.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], url: `${OPEN311_ROOT}/*`, config, handler: answer })
  }
}
