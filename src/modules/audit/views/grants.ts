import { dataTable, day, html, type Html, instant, linkButton, tag, type View } from '../../../ui/index.ts'
import { type JournalEvent, textIn } from '../../../platform/journal/event.ts'
import { type Grant, isDue } from '../../identity/index.ts'
import type { Names } from '../service.ts'
import { actorText, agencyText, auditNav, staffName } from './parts.ts'

/** Every grant as it stands with who gave it and until when, and those that ended lately with why. */
export function grantsPage(view: View, found: { grants: readonly Grant[]; ended: readonly JournalEvent[]; names: Names }, now: Date): Html {
  const { t } = view
  return html`<h1>${t('audit.grants.title')}</h1>
    ${auditNav(view)}
    <p class="st-lead">${t('audit.grants.lead')}</p>
    ${dataTable({
      id: 'grants',
      caption: t('audit.grants.now'),
      captionHidden: true,
      head: [
        t('audit.who'),
        t('audit.grants.role'),
        t('audit.grants.agency'),
        t('audit.grants.given'),
        t('audit.grants.until'),
        t('audit.grants.reviewed'),
      ],
      rows: found.grants.map((grant) => grantRow(view, grant, found.names, now)),
    })}
    <p>${linkButton('/audit/grants.csv', t('audit.csv'), { kind: 'secondary' })}</p>
    <section class="st-flow">
      <h2>${t('audit.grants.ended')}</h2>
      ${found.ended.length === 0 ? html`<p>${t('audit.grants.none_ended')}</p>` : endedTable(view, found.ended, found.names)}
    </section>`
}

function grantRow(view: View, grant: Grant, names: Names, now: Date): Html[] {
  const { t, city } = view
  const by = grant.grantedBy === null ? t('audit.by_system') : staffName(grant.grantedBy, names)
  return [
    html`${staffName(grant.accountId, names)}`,
    html`${t(`identity.role.${grant.role}`)}`,
    html`${agencyText(view, grant.agency)}`,
    html`${day(view, city.dayOf(grant.grantedAt))}<br />${by}`,
    html`${grant.endsAt === null ? t('audit.grants.no_end') : day(view, city.dayOf(grant.endsAt))}`,
    isDue(grant, now)
      ? tag(t('audit.grants.due'), 'warning')
      : html`${grant.reviewedAt === null ? t('audit.grants.not_yet') : day(view, city.dayOf(grant.reviewedAt))}`,
  ]
}

const REASONS: ReadonlySet<string> = new Set(['person', 'review', 'no_review', 'time'])

function endedTable(view: View, ended: readonly JournalEvent[], names: Names): Html {
  const { t } = view
  const rows = ended.map((event) => {
    const by = textIn(event.data, 'by')
    return [
      staffName(event.stream, names),
      html`<code>${textIn(event.data, 'role')}</code> ${agencyText(view, textIn(event.data, 'agency') || null)}`,
      instant(view, event.occurredAt),
      REASONS.has(by) ? t(`audit.grants.by.${by}`) : by,
      actorText(event.actor, names),
    ]
  })
  return dataTable({
    id: 'ended-list',
    caption: t('audit.grants.ended'),
    captionHidden: true,
    head: [t('audit.who'), t('audit.grants.role'), t('audit.journal.when'), t('audit.grants.why'), t('audit.journal.actor')],
    rows,
  })
}
