import type { FastifyRequest } from 'fastify'
import { direction, inLanguage } from '../../kernel/text.ts'
import { moneyToJson } from '../../kernel/money.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { parseReference } from '../../kernel/id.ts'
import { readParts } from '../../platform/http/parts.ts'
import type { RouteModule } from '../../platform/http/routes.ts'
import { languageOf } from '../../platform/http/visit.ts'
import { today } from '../../platform/platform.ts'
import { type Actor, anonymous, holding, may } from '../access/index.ts'
import { type Case, fitsTrackingCode, followed, getCase, getCaseByReference, stateLabel } from '../cases/index.ts'
import { limitAttempts, makeVisit } from '../identity/index.ts'
import { uploadFile } from './files.ts'
import { openApi } from './openapi.ts'
import { sendJourney } from './payfirst.ts'
import { journeyJson, questionJson } from './pagejson.ts'
import type { JourneyParams, JourneyParts } from './visitor.ts'
import { type OpenJourney, openJourney, saveAnswers, startJourney } from './service.ts'
import { fitsJourneyToken } from './tokens.ts'

const door = { config: { access: 'token', api: true } } as const
const free = { config: { access: 'public', api: true } } as const

/** The JSON door: everything a client needs to complete any service without knowing it (docs/reference/openapi.json). */
export function apiRoutes(parts: JourneyParts): RouteModule {
  const { house, doors } = parts
  const { platform } = house
  return (app) => {
    app.get('/api/openapi.json', free, () => openApi(platform.publicOrigin, doors))
    serviceDoor({ house })(app)
    app.post<JourneyParams>('/api/v1/services/:id/journeys', free, async (request, reply) => {
      const { language } = languageOf(request, platform.city, house.catalogue.offer(request.params.id).definition.languages)
      const actor = anonymous('api')
      const { id, token } = await startJourney(house, actor, request.params.id, language)
      const opened = await openJourney(house, holding(actor, id), id)
      return reply
        .code(201)
        .header('location', `/api/v1/journeys/${id}`)
        .send({ ...told(parts, request, opened), token })
    })
    journeyDoor(parts)(app)
    app.get<{ Params: { reference: string } }>('/api/v1/cases/:reference', door, async (request) => {
      await limitAttempts(platform, `api-case:${request.ip}`, { max: 600, minutes: 15 })
      const asks = await follower(house, request)
      const reference = parseReference(request.params.reference)
      const current = reference ? await getCaseByReference(platform, reference) : null
      if (!current || !may(asks(current), 'cases.follow', followed(current))) throw notFound('case')
      return caseJson(house, current.id, languageOf(request, platform.city).language)
    })
  }
}

/**
 * Who asks for a case: who shows a token is judged by it alone, anybody else by their session. Throws 401 with neither,
 * before the case is looked for.
 */
async function follower({ platform }: JourneyParts['house'], request: FastifyRequest): Promise<(current: Case) => Actor> {
  const token = bearer(request)
  if (token !== null) {
    const nobody = anonymous('api')
    return (current) => (fitsTrackingCode(platform, current.id, token) ? holding(nobody, current.id) : nobody)
  }
  const { session } = await makeVisit(platform, request)
  if (session === null) throw new Problem('access.token-needed', 401, 'Send the tracking token as "Authorization: Bearer", or sign in.')
  return () => session.actor
}

function serviceDoor({ house }: Pick<JourneyParts, 'house'>): RouteModule {
  const { platform, catalogue } = house
  return (app) => {
    app.get('/api/v1/services', free, (request) => {
      return {
        services: catalogue.offers.map(({ definition: d, version }) => {
          const { language } = languageOf(request, platform.city, d.languages)
          return {
            id: d.id,
            version,
            status: d.status,
            title: inLanguage(d.title, language).text,
            summary: inLanguage(d.summary, language).text,
            agency: d.agency,
            languages: d.languages,
            lifeEvents: d.life_events,
          }
        }),
      }
    })
    app.get<JourneyParams>('/api/v1/services/:id', free, (request) => {
      const { definition: d, version } = catalogue.offer(request.params.id)
      const { language } = languageOf(request, platform.city, d.languages)
      const say = (words: Readonly<Record<string, string>> | undefined): string | undefined =>
        words ? inLanguage(words, language).text : undefined
      return {
        id: d.id,
        version,
        status: d.status,
        agency: d.agency,
        languages: d.languages,
        lifeEvents: d.life_events,
        title: say(d.title),
        summary: say(d.summary),
        description: say(d.description),
        whoCanApply: say(d.who_can_apply),
        cost: say(d.cost),
        legalBasis: say(d.legal_basis?.law),
        assurance: d.assurance,
        pages: d.form.pages.map((page) => ({
          id: page.id,
          title: say(page.title),
          conditional: page.when !== undefined,
          questions: page.questions.map((question) => ({
            ...questionJson(question, language, today(platform)),
            conditional: question.when !== undefined,
          })),
        })),
      }
    })
  }
}

/** A journey as its door tells of it, in the journey's language. */
function told({ house, pages }: JourneyParts, request: FastifyRequest, opened: OpenJourney): Record<string, unknown> {
  const { language } = opened.journey
  const view = { ...pages.view(request), locale: language, dir: direction(language), t: house.messages.translator(language) }
  return journeyJson(view, opened, today(house.platform))
}

function journeyDoor(parts: JourneyParts): RouteModule {
  const { house, fee } = parts
  const { platform } = house
  return (app) => {
    app.get<JourneyParams>('/api/v1/journeys/:id', door, async (request) => {
      return told(parts, request, await openJourney(house, holder(request), request.params.id))
    })
    app.put<JourneyParams>('/api/v1/journeys/:id/answers', door, async (request) => {
      const actor = holder(request)
      const body: unknown = request.body
      const answers: unknown = typeof body === 'object' && body !== null && 'answers' in body ? body.answers : undefined
      if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) {
        throw new Problem('journeys.answers-needed', 400, 'Send {"answers": {...}}.')
      }
      return told(parts, request, await saveAnswers(house, actor, request.params.id, { ...answers }))
    })
    app.post<JourneyParams>('/api/v1/journeys/:id/files', { config: { ...door.config, upload: true } }, async (request, reply) => {
      const actor = holder(request)
      if (!request.isMultipart()) throw new Problem('media-type', 415, 'Send the file as multipart/form-data, in the field "file".')
      const file = (await readParts(request)).files[0]
      if (!file || file.field !== 'file') throw new Problem('journeys.file-needed', 400, 'Send the file in the field "file".')
      const id = await uploadFile(house, actor, request.params.id, file)
      return reply.code(201).send({ id })
    })
    app.post<JourneyParams>('/api/v1/journeys/:id/submission', door, async (request, reply) => {
      const key = request.headers['idempotency-key']
      const sent = await sendJourney(house, fee, holder(request), request.params.id, typeof key === 'string' ? key : '')
      if ('standing' in sent) throw feeDue(platform.publicOrigin, sent.standing)
      const { receipt } = sent
      return reply
        .code(201)
        .header('location', `/api/v1/cases/${receipt.reference}`)
        .send({ reference: receipt.reference, trackingToken: receipt.trackingToken })
    })

    /** The client, who holds the journey when its token fits; else the answer is 401 or 404. */
    function holder(request: FastifyRequest<JourneyParams>): Actor {
      const token = bearer(request)
      if (token === null) throw new Problem('access.token-needed', 401, 'Send the token of the journey as "Authorization: Bearer".')
      const { id } = request.params
      if (!/^[0-9a-f-]{36}$/.test(id) || !fitsJourneyToken(platform, id, token)) throw notFound('journey')
      return holding(anonymous('api'), id)
    }
  }
}

/** That the fee is to be paid first, with where; the same submission sent again then goes through. */
function feeDue(origin: string, { state, path }: { state: string; path: string }): Problem {
  const detail = 'The fee has to be paid before this can be sent. Pay at the address under "pay", then send it again with the same key.'
  return new Problem('journeys.fee-due', 402, detail, { pay: new URL(path, origin).href, payment: state })
}

function bearer(request: FastifyRequest): string | null {
  return /^Bearer ([\x21-\x7E]{8,200})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}

async function caseJson(house: JourneyParts['house'], id: string, language: string): Promise<Record<string, unknown>> {
  const current = await getCase(house.platform, id)
  const service = await house.catalogue.version(house.platform, current.service_id, current.version)
  return {
    reference: current.reference,
    service: current.service_id,
    version: current.version,
    state: current.state,
    stateLabel: stateLabel(service, current, language),
    waitingFor: current.waiting_for,
    outcome: current.outcome,
    owner: { agency: current.agency, assigned: current.officer !== null },
    submittedAt: current.submitted_at.toISOString(),
    closedAt: current.closed_at?.toISOString() ?? null,
    deadline: current.deadline,
    expectedOn: current.expected_on,
    fee:
      current.fee_amount !== null && current.fee_currency !== null
        ? {
            ...moneyToJson({ amount: current.fee_amount, currency: current.fee_currency }),
            due: current.fee_due,
            dueOn: current.fee_due_on,
            state: current.fee_state,
          }
        : null,
  }
}
