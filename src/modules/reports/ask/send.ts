import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { type Html, html, plainWords, type SummaryRow, type View, words } from '../../../ui/index.ts'
import type { Actor } from '../../access/index.ts'
import { answerText, type FormBody, readForm } from '../../fields/index.ts'
import { visitOf } from '../../identity/index.ts'
import { placeLabel } from '../../places/index.ts'
import type { RowQuestion } from '../../servicefile/index.ts'
import { followerOfPerson } from '../followers/store.ts'
import { askFollower } from '../page/acts.ts'
import { giveCode } from '../page/holder.ts'
import { markApproximate } from '../page/store.ts'
import { type Board, type Contact as SentContact, getReport, joinReport, sendReport, within } from '../service/index.ts'
import { maskPublic } from '../text/mask.ts'
import type { Report } from '../report.ts'
import { type Draft, keepFacts, photoFiles, photosOfDraft, turnInto } from './draft.ts'
import { paceOf, paceReceipt } from './pace.ts'
import { categoryOf, describe, nextStep, stepPath } from './steps.ts'
import { FORM } from './views/frame.ts'
import { type Contact, sendPage, type SendParts } from './views/send.ts'
import { sentPage } from './views/sent.ts'
import { anyDraftOf, type AskParts, comesBefore, draftOf, goOn, isAddress, switchLanguage } from './writer.ts'

const PATH = '/reports/new/send'
const open = { config: { access: 'public' } } as const
const NOBODY: Contact = { how: '', email: '', name: '', phone: '' }

/** Looking it over, saying whom to tell, sending; and what comes after. */
export function sendRoutes(parts: AskParts): RouteModule {
  return (app) => {
    app.get(PATH, open, async (request, reply) => {
      const draft = await draftOf(parts, request)
      const early = draft && stillToDo(parts, draft)
      if (!draft || early) return seeOther(reply, early ?? stepPath('where'))
      return show(parts, request, reply, draft, {})
    })
    app.post(PATH, open, (request, reply) => send(parts, request, reply))
    app.get('/reports/new/sent', open, (request, reply) => showSent(parts, request, reply))
  }
}

/** The page to go to first; null when everything is there. */
function stillToDo({ board }: AskParts, draft: Draft): string | null {
  const next = nextStep(board.categories, draft, today(board.platform))
  return comesBefore(next, 'send') ? stepPath(next) : null
}

async function send(parts: AskParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { board } = parts
  const body = formOf(request)
  const draft = await anyDraftOf(parts, request)
  if (!draft) return seeOther(reply, stepPath('where'))
  const switched = switchLanguage(parts, reply, body, PATH)
  if (switched) return switched
  // sent before: a form that is sent twice is one report, and one from an older draft is none
  if (draft.report_id !== null || textOf(body, 'draft') !== draft.id)
    return seeOther(reply, draft.report_id === null ? PATH : '/reports/new/sent')
  const early = stillToDo(parts, draft)
  if (early) return seeOther(reply, early)
  const { actor } = visitOf(board.platform, request)
  const contact = contactIn(body, actor)
  const wrong = wrongIn(parts.pages.view(request), contact)
  if (wrong) return show(parts, request, reply, draft, { contact, wrong })
  const pace = await paceOf(board.platform, actor, request.ip, draft.id, textOf(body, 'ticket'))
  if (!pace.go) {
    void reply.header('retry-after', String(pace.seconds))
    return show(parts, request, reply, draft, { contact, wait: pace })
  }
  if (contact.email !== '') await paceReceipt(board.platform, contact.email)
  const made = await (draft.joins === null ? file(board, actor, draft, contact) : join(board, actor, draft, draft.joins, contact)).catch(
    async (error: unknown) => {
      if (!(error instanceof Problem) || ![404, 409].includes(error.status)) throw error
      // somebody was faster: the photos are the report's already
      if ((await anyDraftOf(parts, request))?.report_id) return null
      if (draft.joins === null) throw error
      return 'ended' as const
    },
  )
  // the report to be joined has ended meanwhile: the words are kept, and those that are left are looked at again
  if (made === 'ended') return goOn(parts, reply, await keepFacts(board.platform, draft, { joins: null, compared: false }))
  // a helper's browser keeps nothing that leads to whom they helped
  if (made?.code && actor.acting === null) giveCode(board.platform, reply, made.report, made.code)
  return seeOther(reply, '/reports/new/sent')
}

type Made = { readonly reportId: string; readonly report: Report; readonly code: string | null }

/** Makes a report of a draft; null when somebody was faster. */
async function file(board: Board, actor: Actor, draft: Draft, contact: Contact): Promise<Made | null> {
  const { platform } = board
  const photos = await photoFiles(platform, actor, draft)
  const category = categoryOf(board.categories, draft)
  if (!category || draft.lat === null || draft.long === null)
    throw new Problem('reports.draft-gone', 409, 'This report is not complete. Begin again.')
  const { lat, long } = draft
  const { answers } = describe(board.categories, category, draft.words, today(platform))
  const place = maskPublic(draft.words.where)
  // what is masked in the words for the place is kept with the masked words of the text
  const text = place.masked ? `${draft.words.where}\n\n${draft.words.text}` : draft.words.text
  return turnInto(platform, actor, draft, hears(contact), async (tx) => {
    const { report, code } = await sendReport(within(board, tx), actor, {
      source: 'web',
      sourceId: draft.id,
      category: category.id,
      lat,
      long,
      ...(draft.approximate ? { address: place.text } : {}),
      text,
      answers,
      language: draft.language,
      ...peopleOf(actor, contact),
      photos,
    })
    if (draft.approximate) await markApproximate(tx.db, report.id)
    return { reportId: report.id, report, code }
  })
}

/** Adds a draft to a report that is there; null when somebody was faster. */
async function join(board: Board, actor: Actor, draft: Draft, id: string, contact: Contact): Promise<Made | null> {
  const photos = await photoFiles(board.platform, actor, draft)
  return turnInto(board.platform, actor, draft, hears(contact), async (tx) => {
    const inside = within(board, tx)
    const { language } = draft
    const { accountPerson } = peopleOf(actor, contact)
    const report = await joinReport(inside, actor, id, {
      text: draft.words.text,
      language,
      photos,
      ...(accountPerson ? { accountPerson } : {}),
    })
    // anybody can type an address: whoever reads it says that they want to hear of another's report
    if (contact.how !== 'account' && contact.email !== '') await askFollower(inside, report, contact.email, language)
    return { reportId: report.id, report, code: null }
  })
}

function hears(contact: Contact): boolean {
  return contact.how === 'account' || contact.email !== ''
}

/** Who stands for it: the account, an address, or nobody. */
function peopleOf(actor: Actor, contact: Contact): { contact?: SentContact; accountPerson?: string | null } {
  if (contact.how === 'account') return { accountPerson: actor.personId }
  const given = Object.fromEntries(
    Object.entries({ email: contact.email, name: contact.name, phone: contact.phone }).filter(([, value]) => value !== ''),
  )
  return Object.keys(given).length === 0 ? {} : { contact: given }
}

const CONTACT: readonly RowQuestion[] = [
  { id: 'email', kind: 'email', label: {}, required: false },
  { id: 'phone', kind: 'phone', label: {}, required: false },
  { id: 'name', kind: 'text', label: {}, required: false },
]

function contactIn(body: FormBody, actor: Actor): Contact {
  const typed = readForm(CONTACT, body)
  const text = (id: string): string => cleanText(textOf(typed, id) ?? '').slice(0, 254)
  const account = actor.accountId !== null && textOf(body, 'how') !== 'anonymous'
  return { how: account ? 'account' : 'anonymous', email: text('email'), name: text('name'), phone: text('phone') }
}

function wrongIn({ t }: View, contact: Contact): SendParts['wrong'] {
  if (contact.how === 'account') return null
  if (contact.email !== '' && !isAddress(contact.email)) return { field: 'email', text: t('reports.ask.send.email_wrong') }
  const digits = contact.phone.replaceAll(/\D/g, '').length
  if (contact.phone !== '' && (digits < 5 || digits > 15 || !/^[+\d\s().\-/]+$/.test(contact.phone)))
    return { field: 'phone', text: t('reports.ask.send.phone_wrong') }
  return null
}

type Shown = { readonly contact?: Contact; readonly wrong?: SendParts['wrong']; readonly wait?: { ticket: string; seconds: number } }

async function show(parts: AskParts, request: FastifyRequest, reply: FastifyReply, draft: Draft, shown: Shown): Promise<FastifyReply> {
  const { board, pages } = parts
  const view = pages.view(request)
  const joined = draft.joins === null ? null : await getReport(board, draft.joins)
  const main = sendPage(view, {
    draftId: draft.id,
    rows: await summary(parts, view, draft),
    contact: shown.contact ?? NOBODY,
    account: visitOf(board.platform, request).session !== null,
    joins: joined?.reference ?? null,
    wrong: shown.wrong ?? null,
    wait: shown.wait ?? null,
  })
  const title = view.t(joined ? 'reports.ask.send.title_join' : 'reports.ask.send.title', { reference: joined?.reference ?? '' })
  const status = shown.wrong ? 422 : shown.wait ? 429 : 200
  return pages.send(
    request,
    reply,
    { title, main, back: { href: stepPath('describe') }, formId: FORM, errors: shown.wrong ? 1 : 0 },
    status,
  )
}

async function summary({ board }: AskParts, view: View, draft: Draft): Promise<SummaryRow[]> {
  const { t } = view
  const category = categoryOf(board.categories, draft)
  const files = await photosOfDraft(board.platform, draft)
  const row = (key: string, value: Html, href: string): SummaryRow => ({
    key: t(key), value, action: { href, label: t('ui.field.change'), about: t(key) },
  }) // prettier-ignore
  const questions = category ? describe(board.categories, category, draft.words, today(board.platform)).questions : []
  return [
    row('reports.ask.send.place', placeOf(board, view, draft), stepPath('where')),
    ...(draft.joins === null ? [row('reports.ask.send.category', category ? words(view, category.name) : html``, stepPath('what'))] : []),
    row(
      'reports.ask.send.text',
      html`<div class="st-typed" dir="auto">${draft.words.text || t('ui.field.not_answered')}</div>`,
      stepPath('describe'),
    ),
    ...(draft.joins === null ? questions : []).map((question) => ({
      key: words(view, question.label),
      value: answerText(view, question, draft.words.answers[question.id]),
      action: { href: stepPath('describe'), label: t('ui.field.change'), about: words(view, question.label) },
    })),
    row(
      'reports.ask.send.photos',
      html`${files.length === 0 ? t('reports.ask.send.no_photos') : t('reports.ask.send.photo_count', { n: files.length })}`,
      `${stepPath('describe')}#photos`,
    ),
  ]
}

function placeOf({ places }: Board, view: View, draft: Draft): Html {
  if (draft.lat === null || draft.long === null) return html``
  if (!draft.approximate && places) return html`${placeLabel(view, places, { lat: draft.lat, long: draft.long })}`
  const district = places?.districts.find((each) => each.id === draft.district)
  return html`${district ? plainWords(view, district.name) : `${draft.lat}, ${draft.long}`}<br /><bdi>${draft.words.where}</bdi>`
}

async function showSent(parts: AskParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { board, pages } = parts
  const draft = await anyDraftOf(parts, request)
  if (!draft?.report_id) return seeOther(reply, stepPath('where'))
  const report = await getReport(board, draft.report_id)
  const view = pages.view(request)
  const joined = draft.joins !== null
  const { personId } = visitOf(board.platform, request).actor
  const follows = joined && personId !== null && (await followerOfPerson(board.platform.db, report.id, personId)) !== null
  const main = sentPage(view, {
    report,
    category: board.categories.byId(report.category),
    joined,
    hears: !draft.mailed ? 'nothing' : joined && !follows ? 'asked' : 'mailed',
    emergency: board.categories.emergencyNumber,
  })
  return pages.send(request, reply, { title: view.t(joined ? 'reports.ask.sent.joined' : 'reports.ask.sent.title'), main })
}
