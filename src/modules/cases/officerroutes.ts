import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { Content, Pages, View } from '../../ui/index.ts'
import { type Actor, allow } from '../access/index.ts'
import type { Case } from './case.ts'
import type { CaseMoney } from './fee.ts'
import { getCase, type House, openCaseAnswers } from './house.ts'
import { createLetterRenderer, previewLetter, revokeLetter } from './letters/index.ts'
import type { LiveStream } from './live.ts'
import { assignChecked, daysLeft } from './queue.ts'
import { officerOf } from './officervisit.ts'
import { chosenOfficer, queueRoutes } from './queueroutes.ts'
import { caseFile, caseLetter, lettersOf, officerCase } from './read.ts'
import { keyOf, problemText, sendFile, shownOnForm } from './replies.ts'
import { letterById } from './store.ts'
import type { Refused } from './views/forms.ts'
import { doneAlert, officerPage } from './views/officer.ts'
import { opinionForm, revokeForm, stepForm } from './views/officerforms.ts'
import { answerProposal, boundedText, opine, requestInformation, resourceOf, step, write } from './work.ts'

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

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('case')
  return text
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
      key: house.platform.newId(),
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
    const reason = reasonIn(form)
    if (typeof reason === 'object' && reason !== null) {
      const message = problemText(house, parts.pages.view(request), reason)
      return showCase(
        parts,
        request,
        reply,
        actor,
        current.id,
        { form: stepForm(transition.id), text: textIn(form), message },
        reason.status,
      )
    }
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

/** The reason that a preview is asked with, null without one; what is wrong with it when it could not be decided with. */
function reasonIn(form: Form): string | Problem | null {
  try {
    return boundedText(textIn(form)) || null
  } catch (error) {
    return shownOnForm(error)
  }
}
type Act = { form: string; done: string; choice?: string; field?: string; work: (actor: Actor, id: string) => Promise<unknown> }

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
      { form: asked.form, text: textIn(formOf(request)), message, choice: asked.choice, field: asked.field },
      problem.status,
    )
  }
  return seeOther(reply, `/officer/cases/${id}?done=${asked.done}`)
}

const textIn = (form: Form): string => textOf(form, 'text') ?? ''
/** The revision that the page was drawn with; anything else counts as stale. */
const revisionIn = (form: Form): number => Number(/^\d{1,9}$/.exec(textOf(form, 'revision') ?? '')?.[0] ?? '-1')

/** The key that the page was drawn with; null when the form came without one. */
const keyIn = (form: Form): string | null => keyOf(textOf(form, 'key'))

function stepRoutes(parts: OfficerParts): RouteModule {
  const { house } = parts
  return (app) => {
    app.post<IdRoute>('/officer/cases/:id/step', staff, (request, reply) => {
      const form = formOf(request)
      const transition = textOf(form, 'transition') ?? ''
      const ask = { transition, reason: textIn(form), revision: revisionIn(form), key: keyIn(form) }
      return act(parts, request, reply, { form: stepForm(transition), done: 'step', work: (actor, id) => step(house, actor, id, ask) })
    })
    app.post<IdRoute>('/officer/cases/:id/proposal', staff, (request, reply) => {
      const form = formOf(request)
      const answer = textOf(form, 'answer')
      return act(parts, request, reply, {
        form: 'proposal',
        done: 'proposal',
        work: async (actor, id) => {
          if (answer !== 'confirm' && answer !== 'decline') throw new Problem('cases.answer-needed', 422, 'Confirm or decline.')
          await answerProposal(house, actor, id, answer === 'confirm', revisionIn(form), keyIn(form))
        },
      })
    })
    app.post<IdRoute>('/officer/cases/:id/assign', staff, (request, reply) => {
      const form = formOf(request)
      return act(parts, request, reply, {
        form: 'assign',
        done: 'assign',
        field: 'officer',
        choice: textOf(form, 'officer') ?? undefined,
        work: async (actor, id) => assignChecked(house, actor, id, chosenOfficer(form), revisionIn(form), keyIn(form)),
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
          await opine(house, actor, id, { agency, opinion: choice, text: textIn(form), key: keyIn(form) })
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
        work: (actor, id) => requestInformation(house, actor, id, textIn(form), revisionIn(form), keyIn(form)),
      })
    })
    app.post<IdRoute>('/officer/cases/:id/message', staff, (request, reply) =>
      act(parts, request, reply, {
        form: 'message',
        done: 'message',
        work: (actor, id) => write(house, actor, id, 'to_resident', textIn(formOf(request)), keyIn(formOf(request))),
      }),
    )
    app.post<IdRoute>('/officer/cases/:id/note', staff, (request, reply) =>
      act(parts, request, reply, {
        form: 'note',
        done: 'note',
        work: (actor, id) => write(house, actor, id, 'note', textIn(formOf(request)), keyIn(formOf(request))),
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
