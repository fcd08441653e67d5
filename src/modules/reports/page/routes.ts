import type { FastifyReply, FastifyRequest } from 'fastify'
import { cleanText } from '../../../kernel/text.ts'
import { normaliseCode } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { faultCode } from '../../../platform/http/parts.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { cleanUpload } from '../../../platform/uploads.ts'
import { alert, html, type Pages } from '../../../ui/index.ts'
import { limitAttempts, networkOf } from '../../identity/index.ts'
import { draftLimits } from '../ask/draft.ts'
import { isAddress, readPost } from '../ask/writer.ts'
import { isOpen, type Report } from '../report.ts'
import { answerFix, type Board, followReport, getReport, publicPhoto, type Teller, unfollow } from '../service/index.ts'
import { askFollower, othersJoined, raiseConcern, withdrawReport } from './acts.ts'
import { comeTo, type PageParts, type ReportRoute } from './come.ts'
import { confirmRoutes } from './confirm.ts'
import { followerFor, giveCode, type Holder } from './holder.ts'
import { reportPath } from './paths.ts'
import { seenBy, showReport } from './read.ts'
import { refusedSummary, type Refused, reportActs, reportFoot } from './views/acts.ts'
import { reportPage, withdrawPage } from './views/report.ts'
import { plainCategory } from './views/words.ts'

const open = { config: { access: 'public' } } as const
const upload = { config: { access: 'public', upload: true } } as const
/** What the page says after an act, by the word in its address. */
const DONE = new Set(['asked', 'following', 'stopped', 'fixed', 'broken', 'withdrawn', 'joined', 'concern', 'link'])
/** How many requests to hear of reports come from one network, and go to one address. */
const ASKS = { network: 20, address: 3, minutes: 60 } as const

/** A report's own pages; `live` answers with a stream that says when a report has moved. */
export function pageRoutes(board: Board, pages: Pages, live: PageParts['live']): RouteModule {
  const parts = { board, pages, live }
  return (app) => {
    readingRoutes(parts)(app)
    actRoutes(parts)(app)
    confirmRoutes(parts)(app)
  }
}

function readingRoutes(parts: PageParts): RouteModule {
  const { board, pages, live } = parts
  return (app) => {
    app.get<ReportRoute>('/reports/:reference', open, async (request, reply) => {
      const code = textOf(request.query, 'code')
      if (code !== null) return exchange(board, request, reply, code)
      const { report, holder } = await comeTo(board, request)
      // the cookie's path has the reference in its one spelling
      if (request.params.reference !== report.reference) return seeOther(reply, reportPath(report))
      return show(parts, request, reply, report, holder, null)
    })
    app.get<ReportRoute>('/reports/:reference/withdraw', open, async (request, reply) => {
      const { report, holder } = await comeTo(board, request)
      if (!(await mayWithdraw(board, report, holder))) return seeOther(reply, reportPath(report))
      const view = pages.view(request)
      return pages.send(request, reply, {
        title: view.t('reports.page.withdraw.title'),
        main: withdrawPage(view, board, { report }),
        back: { href: reportPath(report) },
      })
    })
    app.get<ReportRoute>('/reports/:reference/events', open, async (request, reply) =>
      live(reply, (await comeTo(board, request)).report.id),
    )
    app.get<{ Params: { reference: string; photo: string } }>('/reports/:reference/photos/:photo', open, async (request, reply) => {
      const { mediaType, bytes } = await publicPhoto(board, request.params.photo)
      // a picture never changes, but it may be taken down: every copy is asked about before it is shown again
      const etag = `"${request.params.photo}"`
      // other programs show it beside the report that they got as media_url
      const shared = { etag, 'cache-control': 'public, no-cache', 'cross-origin-resource-policy': 'cross-origin' }
      if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).headers(shared).send()
      return reply.type(mediaType).headers(shared).send(Buffer.from(bytes))
    })
  }
}

/** Puts the code of a mail's link into a cookie at once: no secret stays in an address. */
async function exchange(board: Board, request: FastifyRequest<ReportRoute>, reply: FastifyReply, code: string): Promise<FastifyReply> {
  await limitAttempts(board.platform, `report-code:${networkOf(request.ip)}`, { max: 60, minutes: 15 })
  const report = await getReport(board, request.params.reference)
  const follower = code.length <= 60 ? await followerFor(board, report, code) : null
  // a hidden report answers like none, but to the code of its reporter
  seenBy(report, { follower })
  if (follower) giveCode(board.platform, reply, report, normaliseCode(code))
  return seeOther(reply, follower ? reportPath(report) : `${reportPath(report)}?done=link`)
}

async function show(
  { board, pages }: PageParts,
  request: FastifyRequest,
  reply: FastifyReply,
  report: Report,
  holder: Holder,
  refused: Refused | null,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const tone = done === 'link' ? 'warning' : 'success'
  const said = refused
    ? refusedSummary(view, refused)
    : DONE.has(done)
      ? alert(tone, null, html`<p role="status">${view.t(`reports.page.done.${done}`)}</p>`)
      : null
  const shown = await showReport(board, report)
  const on = today(board.platform)
  const withdraws = await mayWithdraw(board, report, holder)
  const main = reportPage(view, board, shown, on, {
    said,
    // of a duplicate, the one that stays is asked about
    acts: reportActs(view, report, { about: shown.root ?? report, today: on }, holder, refused),
    foot: reportFoot(view, report, withdraws, refused),
  })
  const title = `${plainCategory(view, board, report.category)} · ${report.reference}`
  return pages.send(request, reply, { title, main, live: `${reportPath(report)}/events`, errors: refused ? 1 : 0 }, refused ? 422 : 200)
}

async function mayWithdraw(board: Board, report: Report, { follower }: Holder): Promise<boolean> {
  return follower?.kind === 'reporter' && isOpen(report) && !(await othersJoined(board, report))
}

function tellerOf(holder: Holder, report: Report): Teller {
  return holder.code === null ? { actor: holder.actor, report: report.id } : { code: holder.code }
}

function done(reply: FastifyReply, report: Report, what: string): FastifyReply {
  return seeOther(reply, `${reportPath(report)}?done=${what}`)
}

function actRoutes(parts: PageParts): RouteModule {
  const { board } = parts
  return (app) => {
    app.post<ReportRoute>('/reports/:reference/answer', upload, (request, reply) => answer(parts, request, reply))
    app.post<ReportRoute>('/reports/:reference/follow', open, (request, reply) => follow(parts, request, reply))
    app.post<ReportRoute>('/reports/:reference/unfollow', open, async (request, reply) => {
      const { report, holder } = await comeTo(board, request)
      await unfollow(board, tellerOf(holder, report))
      return done(reply, report, 'stopped')
    })
    app.post<ReportRoute>('/reports/:reference/withdraw', open, async (request, reply) => {
      const { report, holder } = await comeTo(board, request)
      const ended = await withdrawReport(board, tellerOf(holder, report), report.id)
      return done(reply, report, ended ? 'withdrawn' : 'joined')
    })
    app.post<ReportRoute>('/reports/:reference/concern', open, async (request, reply) => {
      const { report, holder } = await comeTo(board, request)
      const reason = textOf(formOf(request), 'reason') ?? ''
      if (reason === '') {
        const text = parts.pages.view(request).t('reports.page.concern.missing')
        return show(parts, request, reply, report, holder, { form: 'concern', field: 'concern', text, typed: '' })
      }
      await limitAttempts(board.platform, `report-concern:${networkOf(request.ip)}`, { max: 20, minutes: 60 })
      await raiseConcern(board, holder.actor, report, reason)
      return done(reply, report, 'concern')
    })
  }
}

/** Yes or no to "is it fixed?"; a photo that cannot be taken loses no words. */
async function answer(parts: PageParts, request: FastifyRequest<ReportRoute>, reply: FastifyReply): Promise<FastifyReply> {
  const { board } = parts
  const { report, holder } = await comeTo(board, request)
  // nobody else makes us read and unpack pictures
  if (holder.follower === null) throw notFound('report')
  const post = await readPost(request)
  const said = textOf(post.body, 'answer') === 'fixed' ? 'fixed' : 'broken'
  const text = cleanText(textOf(post.body, 'text') ?? '').slice(0, draftLimits.text)
  const refuse = (problem: Problem): Promise<FastifyReply> => {
    const { t } = parts.pages.view(request)
    const words = t(problem.code === 'upload.type' ? 'reports.ask.photos.type' : `problem.${problem.code}`)
    return show(parts, request, reply, report, holder, { form: 'answer', field: 'answer-photo', text: words, typed: text })
  }
  const code = faultCode(post.fault, ['photo'])
  if (post.fault && code !== null) return refuse(new Problem(code, 422, post.fault.detail))
  try {
    const file = said === 'broken' ? post.files.find((each) => each.field === 'photo') : undefined
    if (file && file.bytes.length > draftLimits.megabytes * 1_000_000) throw new Problem('upload.too-large', 422, 'The file is too large.')
    const photo = file ? await cleanUpload(file.name, file.bytes, ['image']) : undefined
    await answerFix(board, tellerOf(holder, report), said, text, photo)
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('upload.')) return refuse(error)
    throw error
  }
  return done(reply, report, said)
}

/** Hearing of a report: at once with an account, by the link of a mail for an address. */
async function follow(parts: PageParts, request: FastifyRequest<ReportRoute>, reply: FastifyReply): Promise<FastifyReply> {
  const { board, pages } = parts
  const { report, holder } = await comeTo(board, request)
  const view = pages.view(request)
  const { actor } = holder
  if (actor.accountId !== null && actor.acting === null) {
    await followReport(board, actor, report.id, { accountPerson: actor.personId, language: view.locale })
    return done(reply, report, 'following')
  }
  const email = cleanText(textOf(formOf(request), 'email') ?? '').slice(0, 254)
  if (!isAddress(email))
    return show(parts, request, reply, report, holder, {
      form: 'follow',
      field: 'follow-email',
      text: view.t('reports.ask.send.email_wrong'),
      typed: email,
    })
  await limitAttempts(board.platform, `report-ask:${networkOf(request.ip)}`, { max: ASKS.network, minutes: ASKS.minutes })
  await limitAttempts(board.platform, `report-ask:${email.toLowerCase()}`, { max: ASKS.address, minutes: ASKS.minutes })
  await askFollower(board, report, email, view.locale)
  return done(reply, report, 'asked')
}
