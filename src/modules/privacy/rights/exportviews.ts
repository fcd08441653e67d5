import { alert, button, type Content, dataTable, html, type Html, instant, type View } from '../../../ui/index.ts'
import { yourDataNav } from '../yourdata.ts'
import { COPY_DAYS, type CopyFormat, copyFormats } from './export.ts'
import type { ExportRow } from './store.ts'

/** The copies somebody asked for, and the way to a new one. */
export function copiesPage(view: View, copies: readonly ExportRow[], now: Date, asked: boolean): Html {
  const { t } = view
  const gone = (copy: ExportRow): boolean => copy.state === 'gone' || (copy.expires_at !== null && copy.expires_at <= now)
  const download = (copy: ExportRow, format: CopyFormat): Html =>
    html`<a class="ds-link" href="${`/my/data/export/${copy.id}/${format}`}">${t(`privacy.export.${format}`)}</a>`
  const state = (copy: ExportRow): Content => {
    if (copy.state === 'waiting') return t('privacy.export.waiting')
    if (gone(copy)) return t('privacy.export.gone')
    return html`<span class="st-buttons">${copyFormats.map((format) => download(copy, format))}</span>`
  }
  const rows = copies.map((copy) => [
    instant(view, copy.created_at),
    state(copy),
    copy.expires_at !== null && !gone(copy) ? instant(view, copy.expires_at) : '–',
  ])
  const waiting = copies.some((copy) => copy.state === 'waiting')
  return html`<h1>${t('privacy.export.title')}</h1>
    ${yourDataNav(view)} ${asked && waiting ? alert('success', null, html`<p>${t('privacy.export.asked')}</p>`) : null}
    <p class="st-lead">${t('privacy.export.lead', { days: COPY_DAYS })}</p>
    <ul>
      <li>${t('privacy.export.json.what')}</li>
      <li>${t('privacy.export.pdf.what')}</li>
    </ul>
    ${
      waiting
        ? html`<p>${t('privacy.export.wait')} <a class="ds-link" href="/my/data/export">${t('privacy.export.look_again')}</a></p>`
        : html`<form method="post" action="/my/data/export">${button(t('privacy.export.submit'))}</form>`
    }
    ${
      rows.length > 0
        ? dataTable({
            caption: t('privacy.export.copies'),
            head: [t('privacy.export.made'), t('privacy.export.files'), t('privacy.export.until')],
            rows,
            id: 'copies-table',
          })
        : null
    }`
}
