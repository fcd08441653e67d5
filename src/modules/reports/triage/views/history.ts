import { type JournalEvent, textIn } from '../../../../platform/journal/event.ts'
import { type Content, html, instant, type TimelineItem, type View } from '../../../../ui/index.ts'
import { agencyName, categoryWords, crewName } from '../../page/views/words.ts'
import type { Board } from '../../service/index.ts'
import { accountIn, type SortedReport } from '../read.ts'
import { sortHref } from './choices.ts'

/** Every act on a report as the journal has it, the newest first: what, who and when. */
export function historyItems(view: View, board: Board, { events, names }: SortedReport): TimelineItem[] {
  return events.toReversed().flatMap((event, i) => {
    const title = titleOf(view, board, event, names)
    if (title === null) return []
    const at = html`${whoDid(view, event, names)} · ${instant(view, event.occurredAt)}`
    return [{ title, at, tone: i === 0 ? ('now' as const) : ('done' as const) }]
  })
}

function whoDid(view: View, event: JournalEvent, names: ReadonlyMap<string, string>): Content {
  if (event.actor.startsWith('system:')) return view.t('reports.triage.did.system')
  const name = names.get(accountIn(event.actor) ?? '')
  return name ? html`<bdi>${name}</bdi>` : view.t('reports.triage.did.somebody')
}

/** Events whose words need nothing of what they carry. */
const PLAIN = new Set([
  'opened', 'started', 'warned', 'overdue', 'joined', 'followed', 'unfollowed', 'moved', 'masked', 'restored', 'shown', 'erased', 'unmerged', 'questioned', 'handed', 'reopened', 'handing_failed',
]) // prettier-ignore

function titleOf(view: View, board: Board, event: JournalEvent, names: ReadonlyMap<string, string>): Content | null {
  const { t } = view
  const { data } = event
  const [, subject = '', what = ''] = event.type.split('.')
  if (subject === 'photo') return t(`reports.triage.event.photo_${what}`)
  if (subject === 'update') return t('reports.triage.event.written')
  if (subject !== 'report') return null
  const named = (key: string, value: Content): Content => html`${t(key)} ${value}`
  switch (what) {
    case 'assigned': {
      const crew = textIn(data, 'crew')
      const officer = names.get(textIn(data, 'officer'))
      const to = crew === '' ? agencyName(view, textIn(data, 'agency')) : crewName(view, board, crew)
      return html`${t('reports.triage.event.assigned')} ${to}${officer ? html`, <bdi>${officer}</bdi>` : null}`
    }
    case 'recategorised':
      return named('reports.triage.event.recategorised', categoryWords(view, board, textIn(data, 'to')))
    case 'fixed':
      return t(`reports.triage.event.fixed.${textIn(data, 'evidence') === 'photo' ? 'photo' : 'work_order'}`)
    case 'confirmed':
      return t(`reports.page.confirmed.${textIn(data, 'by')}`)
    case 'broken':
      return t('reports.triage.event.broken')
    case 'ended':
      return t(`reports.page.outcome.${textIn(data, 'outcome')}`)
    case 'hidden': {
      const reason = textIn(data, 'reason')
      return reason === ''
        ? t('reports.triage.event.hidden')
        : named('reports.triage.event.hidden_because', t(`reports.triage.hide.${reason}`))
    }
    case 'merged':
    case 'split':
      return html`${t(`reports.triage.event.${what}`)}
        <a class="ds-link" href="${sortHref(textIn(data, 'into'))}">${t('reports.triage.event.other')}</a>`
    default:
      return PLAIN.has(what) ? t(`reports.triage.event.${what}`) : null
  }
}
