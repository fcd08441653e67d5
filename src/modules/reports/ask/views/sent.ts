import { type Content, day, html, type Html, linkButton, panel, type View, words } from '../../../../ui/index.ts'
import type { Category } from '../../categories/categories.ts'
import type { Report } from '../../report.ts'
import { reportPath } from '../../page/paths.ts'
import { agencyName } from '../../page/views/words.ts'
import { dial } from './frame.ts'

/** What is said of mails: they come, they come once an address has said so, or there are none. */
const hears = {
  mailed: 'reports.ask.sent.mailed',
  asked: 'reports.page.done.asked',
  nothing: 'reports.ask.sent.note',
} as const

/** Sent: the reference, where to follow it, what happens next. */
export function sentPage(
  view: View,
  o: { report: Report; category: Category | null; joined: boolean; hears: keyof typeof hears; emergency: string },
): Html {
  const { t } = view
  const { report } = o
  const body: Content = html`${o.category ? html`<p><strong>${words(view, o.category.name)}</strong></p>` : null}
    <p>${t(o.joined ? 'reports.ask.sent.joined_text' : 'reports.ask.sent.text')}</p>
    <p>${t(hears[o.hears])}</p>`
  return html`${panel({ title: t(o.joined ? 'reports.ask.sent.joined' : 'reports.ask.sent.title'), reference: report.reference, body })}
    ${report.urgent ? html`<div class="ds-alert" data-color="danger"><p>${t('reports.ask.sent.danger')} ${dial(o.emergency)}</p></div>` : null}
    <section class="st-flow" aria-labelledby="next">
      <h2 id="next">${t('reports.ask.sent.next')}</h2>
      <ol>
        <li>${t('reports.ask.sent.next.agency')} <strong>${agencyName(view, report.agency)}</strong></li>
        ${report.due_on === null ? null : html`<li>${t('reports.ask.sent.next.due')} <strong>${day(view, report.due_on)}</strong></li>`}
        <li>${t('reports.ask.sent.next.check')}</li>
      </ol>
      ${o.category?.photos === 'never' ? null : html`<p class="st-meta">${t('reports.ask.sent.photos')}</p>`}
    </section>
    <p>${linkButton(reportPath(report), t('reports.ask.sent.follow'))}</p>
    <p><a class="ds-link" href="/reports/new">${t('reports.ask.sent.another')}</a></p>`
}
