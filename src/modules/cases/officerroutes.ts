import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid, parseReference } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { type Content, type Pages, plainWords, type View } from '../../ui/index.ts'
import { type Actor, allow, isStaff } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import type { Case } from './case.ts'
import type { CaseMoney } from './fee.ts'
import { getCase, type House, openCaseAnswers } from './house.ts'
import { createLetterRenderer, previewLetter, revokeLetter } from './letters/index.ts'
import type { LiveStream } from './live.ts'
import { assignAll, assignChecked, daysLeft, queue } from './queue.ts'
import { caseFile, caseLetter, lettersOf, officerCase } from './read.ts'
import { problemText, sendFile, shownOnForm } from './replies.ts'
import { type Queue, type QueueOrder, queueOrders, queues } from './queues/store.ts'
import { letterById } from './store.ts'
import type { Refused } from './views/forms.ts'
import { doneAlert, officerPage } from './views/officer.ts'
import { opinionForm, revokeForm, stepForm } from './views/officerforms.ts'
import { queueHref, queuePageView } from './views/queue.ts'
import { answerProposal, opine, requestInformation, resourceOf, step, write } from './work.ts'

/** What the officers' pages work with. */
export type OfficerParts = {
  readonly house: House
  readonly pages: Pages
  /** Who acts or acted for the person of a case, for its page. */
  readonly standIns: (actor: Actor, view: View, current: Case) => Promise<Content>
  /** What those who work on a case must know before anything else, such as that its data may not be used. */
  readonly notices: (view: View, caseId: string) => Promise<Content>
  /** What is owed and paid for a case, for its page. */
  readonly officerMoney?: CaseMoney
}

type IdRoute = { Params: { id: string } }

const staff = { config: { access: 'staff' } } as const
const DONE = new Set(['step', 'proposal', 'request', 'message', 'note', 'assign', 'opinion', 'revoke'])
const opinions = ['no_objection', 'conditions', 'objection'] as const

/** The officers' queues and case pages. */
export function officerRoutes(parts: OfficerParts, live: LiveStream): RouteModule {
  return (app) => {
    queueRoutes(parts)(app)
    caseReading(parts, live)(app)
    stepRoutes(parts)(app)
    writeRoutes(parts)(app)
  }
}

function officerOf(house: House, request: FastifyRequest): Actor {
  const { actor } = visitOf(house.platform, request)
  if (isStaff(actor)) return actor
  if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('case')
  return text
}

function orderName(text: string | null, queue: Queue): QueueOrder {
  return queueOrders.find((each) => each === text) ?? (queue === 'closed' ? 'newest' : 'deadline')
}

function queueName(text: string | null): Queue {
  return queues.find((name) => name === text) ?? 'unassigned'
}

function serviceName(text: string | null): string | null {
  return text !== null && /^[a-z][a-z0-9_]{0,63}$/.test(text) ? text : null
}

function queueRoutes({ house, pages }: OfficerParts): RouteModule {
  const show = async (request: FastifyRequest, reply: FastifyReply, source: unknown, search: string): Promise<FastifyReply> => {
    const view = pages.view(request)
    const name = queueName(textOf(source, 'queue'))
    const page = await queue(house, officerOf(house, request), {
      queue: name,
      order: orderName(textOf(source, 'sort'), name),
      service: serviceName(textOf(source, 'service')),
      search,
      after: textOf(source, 'after'),
    })
    if (page.kind === 'case') return seeOther(reply, `/officer/cases/${page.id}`)
    const services = house.catalogue.offers.map(({ definition }) => ({ id: definition.id, title: plainWords(view, definition.title) }))
    const said = givenText(view, textOf(source, 'given'), textOf(source, 'failed'))
    const title = view.t(search === '' ? `cases.queue.${name}` : 'cases.queue.search')
    return pages.send(request, reply, { title, main: queuePageView(view, page, services, doneAlert(said)), wide: true })
  }
  return (app) => {
    // only a reference may stand in an address: the words of a name are searched for by POST
    app.get('/officer', staff, (request, reply) =>
      show(request, reply, request.query, parseReference(textOf(request.query, 'q') ?? '') ?? ''),
    )
    app.post('/officer', staff, (request, reply) => {
      const form = formOf(request)
      return show(request, reply, form, (textOf(form, 'q') ?? '').trim().slice(0, 200))
    })
    app.post('/officer/assign', staff, async (request, reply) => {
      const actor = officerOf(house, request)
      const form = formOf(request)
      const chosen = form['case'] ?? []
      const { done, failed } = await assignAll(house, actor, Array.isArray(chosen) ? chosen : [chosen], officerIn(form))
      const back = queueHref(queueName(textOf(form, 'queue')), { service: serviceName(textOf(form, 'service')) })
      return seeOther(reply, `${back}&given=${done}&failed=${failed}`)
    })
  }
}

/** What became of giving several cases; null when nothing was given. */
function givenText(view: View, given: string | null, failed: string | null): string | null {
  const [done, refused] = [given, failed].map((text) => Number(/^\d{1,4}$/.exec(text ?? '')?.[0] ?? '-1'))
  if (done === undefined || refused === undefined || done < 0) return null
  const said = done > 0 || refused <= 0 ? [view.t('cases.queue.given', { n: done })] : []
  return [...said, ...(refused > 0 ? [view.t('cases.queue.not_given', { n: refused })] : [])].join(' ')
}

/** Shows a case; after a refusal with the typed words, on the newest state of the case. */
async function showCase(
  { house, pages, standIns, notices, officerMoney }: OfficerParts,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  id: string,
  refused: Refused | null,
  status = 200,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const found = await officerCase(house, actor, id)
  const { current } = found.opened
  const done = textOf(request.query, 'done') ?? ''
  const said = doneAlert(refused === null && DONE.has(done) ? view.t(`cases.done.${done}`) : null)
  const page = {
    title: current.reference,
    main: officerPage(view, found, daysLeft(house.platform, current), refused, {
      done: [await notices(view, id), said],
      standIns: await standIns(actor, view, current),
      money: (await officerMoney?.(actor, view, current)) ?? [],
    }),
    errors: refused ? 1 : 0,
    live: `/officer/cases/${id}/events`,
    back: { href: '/officer', label: view.t('cases.queues') },
    wide: true,
  }
  return pages.send(request, reply, page, status)
}

function caseReading(parts: OfficerParts, live: LiveStream): RouteModule {
  const { house } = parts
  const renderer = createLetterRenderer()
  const preview = async (
    request: FastifyRequest<{ Params: { id: string; template: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const actor = officerOf(house, request)
    const current = await getCase(house.platform, idOf(request.params.id))
    allow(actor, 'cases.work', await resourceOf(house.platform, current))
    const opened = await openCaseAnswers(house, actor, current, 'letter.preview')
    const { template } = request.params
    const form = formOf(request)
    const transition = opened.service.workflow.transitions.find((each) => each.id === textOf(form, 'transition'))
    if (!transition || !lettersOf(transition).includes(template)) throw notFound('letter')
    const reason = textOf(form, 'text')?.trim().slice(0, 5_000) || null
    const bytes = await previewLetter(house, actor, opened, template, reason, { renderer, outcome: transition.outcome ?? null })
    return sendFile(reply, { name: `${current.reference}-${template}-preview.pdf`, mediaType: 'application/pdf', bytes })
  }
  return (app) => {
    app.get<IdRoute>('/officer/cases/:id', staff, async (request, reply) =>
      showCase(parts, request, reply, officerOf(house, request), idOf(request.params.id), null),
    )
    app.get<{ Params: { id: string; file: string } }>('/officer/cases/:id/files/:file', staff, async (request, reply) =>
      sendFile(reply, await caseFile(house, officerOf(house, request), idOf(request.params.id), idOf(request.params.file))),
    )
    app.get<{ Params: { id: string; letter: string } }>('/officer/cases/:id/letters/:letter', staff, async (request, reply) => {
      const actor = officerOf(house, request)
      const current = await getCase(house.platform, idOf(request.params.id))
      allow(actor, 'cases.read', await resourceOf(house.platform, current))
      return sendFile(reply, await caseLetter(house, actor, current, idOf(request.params.letter)))
    })
    app.post('/officer/cases/:id/preview/:template', staff, preview)
    app.get<IdRoute>('/officer/cases/:id/events', staff, async (request, reply) => {
      const actor = officerOf(house, request)
      const current = await getCase(house.platform, idOf(request.params.id))
      allow(actor, 'cases.read', await resourceOf(house.platform, current))
      return live(reply, current.id)
    })
  }
}

type Form = ReturnType<typeof formOf>
type Act = { form: string; done: string; choice?: string; work: (actor: Actor, id: string) => Promise<unknown> }

/** Does what a form asks, then shows the case again; a refusal keeps everything that was typed. */
async function act(parts: OfficerParts, request: FastifyRequest<IdRoute>, reply: FastifyReply, asked: Act): Promise<FastifyReply> {
  const { house, pages } = parts
  const actor = officerOf(house, request)
  const id = idOf(request.params.id)
  try {
    await asked.work(actor, id)
  } catch (error) {
    const problem = shownOnForm(error)
    const message = problemText(house, pages.view(request), problem)
    return showCase(
      parts,
      request,
      reply,
      actor,
      id,
      { form: asked.form, text: textIn(formOf(request)), message, choice: asked.choice },
      problem.status,
    )
  }
  return seeOther(reply, `/officer/cases/${id}?done=${asked.done}`)
}

const textIn = (form: Form): string => textOf(form, 'text') ?? ''
/** The revision that the page was drawn with; anything else counts as stale. */
const revisionIn = (form: Form): number => Number(/^\d{1,9}$/.exec(textOf(form, 'revision') ?? '')?.[0] ?? '-1')

function officerIn(form: Form): string | null {
  const officer = textOf(form, 'officer')
  return officer !== null && isUuid(officer) ? officer : null
}

function stepRoutes(parts: OfficerParts): RouteModule {
  const { house } = parts
  return (app) => {
    app.post<IdRoute>('/officer/cases/:id/step', staff, (request, reply) => {
      const form = formOf(request)
      const transition = textOf(form, 'transition') ?? ''
      const ask = { transition, reason: textIn(form), revision: revisionIn(form) }
      return act(parts, request, reply, { form: stepForm(transition), done: 'step', work: (actor, id) => step(house, actor, id, ask) })
    })
    app.post<IdRoute>('/officer/cases/:id/proposal', staff, (request, reply) => {
      const form = formOf(request)
      const confirm = textOf(form, 'answer') === 'confirm'
      return act(parts, request, reply, {
        form: 'proposal',
        done: 'proposal',
        work: (actor, id) => answerProposal(house, actor, id, confirm, revisionIn(form)),
      })
    })
    app.post<IdRoute>('/officer/cases/:id/assign', staff, (request, reply) => {
      const form = formOf(request)
      return act(parts, request, reply, {
        form: 'assign',
        done: 'assign',
        choice: officerIn(form) ?? undefined,
        work: (actor, id) => assignChecked(house, actor, id, officerIn(form), revisionIn(form)),
      })
    })
    app.post<IdRoute>('/officer/cases/:id/opinion', staff, (request, reply) => {
      const form = formOf(request)
      const agency = textOf(form, 'agency') ?? ''
      const choice = opinions.find((each) => each === textOf(form, 'opinion'))
      return act(parts, request, reply, {
        form: opinionForm(agency),
        done: 'opinion',
        choice,
        work: async (actor, id) => {
          if (choice === undefined) throw new Problem('cases.opinion-needed', 422, 'Choose an opinion.')
          await opine(house, actor, id, agency, choice, textIn(form))
        },
      })
    })
  }
}

function writeRoutes(parts: OfficerParts): RouteModule {
  const { house } = parts
  return (app) => {
    app.post<IdRoute>('/officer/cases/:id/request', staff, (request, reply) => {
      const form = formOf(request)
      return act(parts, request, reply, {
        form: 'request',
        done: 'request',
        work: (actor, id) => requestInformation(house, actor, id, textIn(form), revisionIn(form)),
      })
    })
    app.post<IdRoute>('/officer/cases/:id/message', staff, (request, reply) =>
      act(parts, request, reply, {
        form: 'message',
        done: 'message',
        work: (actor, id) => write(house, actor, id, 'to_resident', textIn(formOf(request))),
      }),
    )
    app.post<IdRoute>('/officer/cases/:id/note', staff, (request, reply) =>
      act(parts, request, reply, {
        form: 'note',
        done: 'note',
        work: (actor, id) => write(house, actor, id, 'note', textIn(formOf(request))),
      }),
    )
    app.post<{ Params: { id: string; letter: string } }>('/officer/cases/:id/letters/:letter/revoke', staff, (request, reply) => {
      const letter = idOf(request.params.letter)
      return act(parts, request, reply, {
        form: revokeForm(letter),
        done: 'revoke',
        work: async (actor, id) => {
          if ((await letterById(house.platform.db, letter))?.case_id !== id) throw notFound('letter')
          await revokeLetter(house, actor, letter, textIn(formOf(request)))
        },
      })
    })
  }
}
