import {
  alert, button, buttonRow, type Content, errorSummary, hiddenInputs, html, type Html, instant, linkButton, radios, summaryList, tag, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import { type Look, mapField, mapPicture, type Places, type Point } from '../../../places/index.ts'
import { categoryWords, stateTone, stateWords } from '../../page/views/words.ts'
import type { Report } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import { sortHref } from './choices.ts'

/** What the page for another place shows besides the report. */
export type PlaceShown = { readonly point: Point | null; readonly look?: Look; readonly address: string; readonly message: string | null }

/** Puts a report somewhere else: a map, or a picture that can be tapped. */
export function placeView(view: View, places: Places, report: Report, shown: PlaceShown): Html {
  const { t } = view
  const field = mapField(view, {
    places,
    name: 'place',
    point: shown.point,
    ...(shown.look ? { look: shown.look } : {}),
    ...(shown.message === null ? {} : { errorId: 'error-summary-title' }),
  })
  return html`${errorSummary(view, shown.message === null ? [] : [{ href: '#address', text: shown.message }])}
    <h1>${t('reports.triage.place')}</h1>
    <p><bdi>${report.reference}</bdi> · <bdi>${report.address ?? ''}</bdi></p>
    <form method="post" action="${sortHref(report.id, '/place')}" class="st-form" novalidate>
      ${hiddenInputs({ revision: report.revision })} ${field}
      ${textField({
        id: 'address',
        name: 'address',
        label: t('reports.triage.place.address'),
        hint: t('reports.triage.place.address_hint'),
        value: shown.address,
        maxlength: 200,
      })}
      ${buttonRow(
        button(t('reports.triage.place.submit'), { name: 'go', value: '1' }),
        linkButton(sortHref(report.id), t('reports.triage.back'), { kind: 'tertiary' }),
      )}
    </form>`
}

/** Asks which report is meant, when none was named yet, or the one that was named is none. */
export function askOther(view: View, report: Report, typed: string, message: string | null): Html {
  const { t } = view
  return html`${errorSummary(view, message === null ? [] : [{ href: '#with', text: message }])}
    <h1>${t('reports.triage.merge')}</h1>
    <p><bdi>${report.reference}</bdi></p>
    <form method="get" action="${sortHref(report.id, '/merge')}" class="st-form" novalidate>
      ${textField({
        id: 'with',
        name: 'with',
        label: t('reports.triage.merge.with'),
        hint: t('reports.triage.merge.with_hint'),
        value: typed,
        dir: 'ltr',
        width: 'm',
        ...(message === null ? {} : { error: message }),
      })}
      ${buttonRow(button(t('reports.triage.merge.look')), linkButton(sortHref(report.id), t('reports.triage.back'), { kind: 'tertiary' }))}
    </form>`
}

/** The two reports beside one another, and the choice which of them stays. */
export function mergeView(view: View, board: Board, pair: readonly [Report, Report], message: string | null): Html {
  const { t } = view
  const [first, second] = pair
  const [older] = pair.toSorted((a, b) => a.opened_at.getTime() - b.opened_at.getTime())
  return html`${errorSummary(view, message === null ? [] : [{ href: '#kept', text: message }])}
    <h1>${t('reports.triage.merge')}</h1>
    ${first.category === second.category ? null : alert('warning', null, html`<p>${t('reports.triage.merge.other_kind')}</p>`)}
    <div class="st-triage-pair">${pair.map((each) => oneOf(view, board, each))}</div>
    <form method="post" action="${sortHref(first.id, '/merge')}" class="st-form" novalidate>
      ${hiddenInputs({ other: second.id, [`revision-${first.id}`]: first.revision, [`revision-${second.id}`]: second.revision })}
      ${radios({
        id: 'kept',
        name: 'kept',
        label: t('reports.triage.merge.kept'),
        hint: t('reports.triage.merge.hint'),
        value: older?.id ?? first.id,
        options: pair.map((each) => ({ value: each.id, label: html`<bdi>${each.reference}</bdi>` })),
      })}
      ${buttonRow(button(t('reports.triage.merge.submit')), linkButton(sortHref(first.id), t('reports.triage.back'), { kind: 'tertiary' }))}
    </form>`
}

function oneOf(view: View, board: Board, report: Report): Content {
  const { t } = view
  const id = `pair-${report.id}`
  const rows = [
    { key: t('reports.triage.col.what'), value: categoryWords(view, board, report.category) },
    { key: t('reports.triage.col.where'), value: html`<bdi>${report.address ?? ''}</bdi>` },
    { key: t('reports.triage.col.state'), value: tag(stateWords(view, report), stateTone(report)) },
    { key: t('reports.triage.col.came'), value: instant(view, report.opened_at) },
  ]
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}"><a class="ds-link" href="${sortHref(report.id)}"><bdi>${report.reference}</bdi></a></h2>
    <div class="st-typed" dir="auto">${report.text}</div>
    ${board.places ? mapPicture(view, { lat: report.lat, long: report.long, width: 480, height: 240, alt: report.address ?? report.reference }) : null}
    ${summaryList(rows)}
  </section>`
}
