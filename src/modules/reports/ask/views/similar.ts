import { button, html, type Html, instant, type View, words } from '../../../../ui/index.ts'
import type { Category } from '../../categories/categories.ts'
import { photoPath } from '../../page/paths.ts'
import { stateWords } from '../../page/views/words.ts'
import type { Report } from '../../report.ts'
import { FORM } from './frame.ts'

/** An open report of the same kind close by, with its first public photo. */
export type Neighbour = { readonly report: Report; readonly metres: number; readonly photo: string | null }

/** Asks whether it is one of those that are known already. */
export function similarPage(view: View, category: Category, near: readonly Neighbour[]): Html {
  const { t } = view
  return html`<h1>${t('reports.ask.similar.title')}</h1>
    <p class="st-lead">${t('reports.ask.similar.text', { n: near.length })} <strong>${words(view, category.name)}</strong></p>
    <form method="post" id="${FORM}" class="st-form st-flow" action="/reports/new/similar">
      <ul class="st-cards">
        ${near.map((each) => html`<li class="st-card st-near">${card(view, each)}</li>`)}
      </ul>
      <h2>${t('reports.ask.similar.other_title')}</h2>
      <p>${t('reports.ask.similar.other_text')}</p>
      ${button(t('reports.ask.similar.other'), { name: 'join', value: '' })}
    </form>`
}

function card(view: View, { report, metres, photo }: Neighbour): Html {
  const { t } = view
  const away = new Intl.NumberFormat(view.locale, { style: 'unit', unit: 'meter', maximumFractionDigits: 0 }).format(Math.max(1, metres))
  return html`${photo === null ? null : html`<img class="st-thumb" src="${photoPath(report, photo)}" alt="${t('reports.page.photo.reported')}" loading="lazy" />`}
    <h2>${t('reports.ask.similar.away', { away })}</h2>
    ${report.text === '' ? null : html`<p class="st-typed" dir="auto" lang="${report.language}">${excerpt(report.text)}</p>`}
    <p>${stateWords(view, report)}</p>
    <p class="st-meta"><bdi>${report.reference}</bdi> · ${t('reports.page.opened')} ${instant(view, report.opened_at)}</p>
    <div class="st-buttons">
      ${button(t('reports.ask.similar.join'), { kind: 'secondary', name: 'join', value: report.id, about: report.reference })}
      <a class="ds-link" href="${`/reports/${report.reference}`}" target="_blank" rel="noopener">${t('reports.ask.similar.look')}<span class="ds-sr-only"> ${report.reference} (${t('reports.ask.similar.tab')})</span></a>
    </div>`
}

function excerpt(text: string): string {
  const letters = [...text]
  return letters.length > 160 ? `${letters.slice(0, 157).join('')} …` : text
}
