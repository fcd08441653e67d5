import { Problem } from '../../kernel/problem.ts'
import { formatDay } from '../../kernel/time.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { Translate } from '../../platform/i18n.ts'
import { enqueue, type Job } from '../../platform/jobs.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import type { Subscriber } from '../../platform/journal/subscribers.ts'
import { transact } from '../../platform/platform.ts'
import { SEED_CHANNEL, systemActor } from '../access/index.ts'
import { queueMessage } from '../messages/index.ts'
import { open, profileOf } from '../people/index.ts'
import { categoryName } from './categories/categories.ts'
import { followersOf } from './followers/store.ts'
import type { Report } from './report.ts'
import { type Board, followerCode, getReport, pageOf } from './service/board.ts'
import type { FollowerRow } from './store.ts'
import * as store from './store.ts'

/** The job that writes to those who hear of a report. */
const NOTIFY = 'reports:notify'

/** What a mail is about, by the type of event; each public change is one mail. */
const templates: Readonly<Record<string, string>> = {
  'reports.report.opened': 'opened',
  'reports.report.joined': 'followed',
  'reports.report.followed': 'followed',
  'reports.report.assigned': 'assigned',
  'reports.report.started': 'started',
  'reports.report.fixed': 'fixed',
  'reports.report.confirmed': 'confirmed',
  'reports.report.broken': 'broken',
  'reports.report.ended': 'ended',
  'reports.report.merged': 'merged',
  'reports.report.overdue': 'overdue',
  'reports.update.written': 'written',
}

/** Events of which only the one hears whom they are about: a receipt. */
const RECEIPTS: ReadonlySet<string> = new Set(['opened', 'followed'])

/** Asks for mails about every public change; once for each event. */
export const notifySubscriber: Subscriber = {
  name: 'reports.notify',
  types: Object.keys(templates),
  async handle(tx, events) {
    for (const event of events) {
      if (isSilent(event)) continue
      const data = {
        report: event.stream,
        event: event.id,
        template: templates[event.type] ?? '',
        follower: textIn(event.data, 'follower'),
        update: textIn(event.data, 'update'),
        actor: event.actor,
      }
      await enqueue(tx, NOTIFY, data, { key: `reports-notify:${event.id}` })
    }
  },
}

/** What the demo city invented happened to nobody; what came from another system's past is over; a first step needs no second mail. */
function isSilent(event: JournalEvent): boolean {
  if (event.channel === SEED_CHANNEL || event.actor === 'system:import') return true
  if (/^(import|pull):/.test(textIn(event.data, 'source'))) return true
  return RECEIPTS.has(templates[event.type] ?? '') && event.type !== 'reports.report.opened' && textIn(event.data, 'follower') === ''
}

type Occasion = {
  readonly report: string
  readonly event: string
  readonly template: string
  readonly follower: string
  readonly update: string
  readonly actor: string
}

/** The job: writes to each of those who hear of the report, in their language; not to whoever did it. */
export function notifyJob(board: Board): Job {
  return {
    name: NOTIFY,
    async run(platform, payload) {
      const occasion: Occasion = {
        report: textIn(payload, 'report'),
        event: textIn(payload, 'event'),
        template: textIn(payload, 'template'),
        follower: textIn(payload, 'follower'),
        update: textIn(payload, 'update'),
        actor: textIn(payload, 'actor'),
      }
      await notify({ ...board, platform }, occasion)
    },
  }
}

async function notify(board: Board, occasion: Occasion): Promise<void> {
  const { platform } = board
  const report = await getReport(board, occasion.report)
  if (report.hidden && !RECEIPTS.has(occasion.template)) return
  const line = occasion.update === '' ? null : await store.updateById(platform.db, occasion.update)
  if (occasion.update !== '' && (!line || line.hidden)) return
  for (const follower of await hearersOf(board, report, occasion)) {
    const to = await addressOf(board, follower)
    if (to === null) continue
    const t = board.words.translator(follower.language)
    const page = await pageFor(board, report, follower)
    const { subject, text } = compose(board, t, report, follower, { template: occasion.template, words: line?.text ?? '', page })
    await transact(platform, (tx) =>
      queueMessage(tx, {
        id: `report-${occasion.template}:${occasion.event}:${follower.id}`,
        personId: follower.person_id,
        to,
        language: follower.language,
        template: `report_${occasion.template}`,
        about: report.id,
        subject,
        text,
      }),
    )
  }
}

/** Who hears of it: those of the report and of its duplicates, once each; of a receipt, only whom it is for. */
async function hearersOf(board: Board, report: Report, { template, follower, actor }: Occasion): Promise<FollowerRow[]> {
  const { db } = board.platform
  const duplicates = RECEIPTS.has(template) || report.merged_into !== null ? [] : await store.mergedInto(db, report.id)
  const all = await followersOf(db, [report.id, ...duplicates.map((each) => each.id)])
  const here = all.filter((each) => each.ended_at === null)
  if (template === 'opened') return here.filter((each) => each.kind === 'reporter')
  if (template === 'followed') return here.filter((each) => each.id === follower)
  // of two rows of one person, the one of the report itself
  const nearest = here.toSorted((a, b) => Number(b.report_id === report.id) - Number(a.report_id === report.id))
  const others = nearest.filter((each) => each.id !== follower && (each.account_id === null || actor !== `account:${each.account_id}`))
  return others.filter((each, at) => others.findIndex((other) => other.person_id === each.person_id) === at)
}

/** The address they gave, else that of their account; null when there is none, or they were erased meanwhile. */
async function addressOf(board: Board, follower: FollowerRow): Promise<string | null> {
  const { platform } = board
  if (follower.record_id === null && follower.account_id === null) return null
  try {
    const record = follower.record_id ?? (await transact(platform, (tx) => profileOf(tx, follower.person_id)))
    const ask = { record, fields: ['email'], purpose: 'message.compose', legalBasis: 'gdpr.6.1.e' }
    const { email } = await open(platform, systemActor('mail'), ask)
    return typeof email === 'string' && email !== '' ? email : null
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

/** The page of the report that they follow, with their code: of a duplicate its own, where they answer for the one that stays. */
async function pageFor(board: Board, report: Report, follower: FollowerRow): Promise<string> {
  const own = follower.report_id === report.id ? report : await getReport(board, follower.report_id)
  // one that is hidden is shown to its reporter only
  if (own.hidden && follower.kind !== 'reporter') return pageOf(board.platform, report)
  return pageOf(board.platform, own, followerCode(board.platform, follower.id))
}

function compose(
  board: Board,
  t: Translate,
  report: Report,
  follower: FollowerRow,
  { template, words, page }: { readonly template: string; readonly words: string; readonly page: string },
): { subject: string; text: string } {
  const { language } = follower
  const day = (on: Report['due_on']): string => (on === null ? t('reports.due.none') : formatDay(on, language))
  const values = {
    reference: report.reference,
    category: categoryName(board.categories, report.category, language).text,
    place: report.address ?? placeName(board, report, language) ?? t('reports.place.unnamed'),
    due: day(report.due_on),
    until: day(report.checking_until),
    reason: endingText(board, t, report, language),
    words,
  }
  const answer = template === 'fixed' ? `\n\n${t('reports.mail.answer', { link: page })}` : ''
  return {
    subject: t(`reports.mail.${template}.subject`, values),
    text: `${t(`reports.mail.${template}.text`, values)}${answer}\n\n${t('reports.mail.foot', { link: page })}`,
  }
}

function placeName(board: Board, report: Report, language: string): string | null {
  const district = board.places?.districts.find((each) => each.id === report.district)
  return district ? inLanguage(district.name, language).text : null
}

/** How a report ended, with its fact, in one sentence; empty for one that is open. */
export function endingText(board: Pick<Board, 'categories'>, t: Translate, { closure }: Pick<Report, 'closure'>, language: string): string {
  switch (closure?.outcome) {
    case undefined:
      return ''
    case 'fixed':
      return closure.evidence.kind === 'photo'
        ? t('reports.ending.fixed.photo')
        : t('reports.ending.fixed.work_order', { order: closure.evidence.order, on: formatDay(closure.evidence.on, language) })
    case 'not_ours': {
      const authority = board.categories.authority(closure.authority)
      return t('reports.ending.not_ours', { authority: authority ? inLanguage(authority.name, language).text : closure.authority })
    }
    case 'no_action':
      return t(`reports.ending.no_action.${closure.reason}`)
    case 'referred':
      return t('reports.ending.referred', { programme: closure.programme, on: formatDay(closure.on, language) })
    case 'duplicate':
      return t('reports.ending.duplicate')
    case 'withdrawn':
      return t('reports.ending.withdrawn')
    case 'elsewhere':
      return t('reports.ending.elsewhere', { status: closure.status })
  }
}
