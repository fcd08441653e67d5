import { button, dataTable, errorSummary, html, type Html, instant, textField, type View } from '../../../ui/index.ts'
import { auditNav } from './parts.ts'

type Row = { caseId: string; reference: string; added: Date; by: string }

/** The watch list: persons, known here by one of their cases, whose every opening by staff is flagged. */
export function watchPage(view: View, rows: readonly Row[], typed: string, error: string | null, audits: boolean): Html {
  const { t } = view
  return html` ${errorSummary(view, error === null ? [] : [{ href: '#reference', text: error }])}
    <h1>${t('audit.watch.title')}</h1>
    ${audits ? auditNav(view) : null}
    <p class="st-lead">${t('audit.watch.lead')}</p>
    <form method="post" novalidate action="/audit/watch" class="st-form">
      ${textField({
        id: 'reference',
        name: 'reference',
        label: t('audit.watch.reference'),
        error: error ?? undefined,
        value: typed,
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${button(t('audit.watch.add'))}
    </form>
    ${
      rows.length === 0
        ? html`<p>${t('audit.watch.none')}</p>`
        : dataTable({
            caption: t('audit.watch.title'),
            captionHidden: true,
            head: [t('audit.watch.reference'), t('audit.watch.added'), t('audit.watch.by'), t('audit.watch.remove')],
            rows: rows.map((row) => [
              html`<bdi>${row.reference}</bdi>`,
              instant(view, row.added),
              html`<bdi>${row.by}</bdi>`,
              html`<form method="post" action="${`/audit/watch/${row.caseId}/remove`}">
                ${button(t('audit.watch.remove'), { kind: 'tertiary', about: html`<bdi>${row.reference}</bdi>` })}
              </form>`,
            ]),
          })
    }`
}
