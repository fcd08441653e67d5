import {
  alert, button, type Content, day, html, type Html, instant, linkButton, statusCard, type SummaryRow, summaryList, tag, timeline, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import type { PlainDate } from '../../../../kernel/time.ts'
import { answerText } from '../../../fields/index.ts'
import { lookAt, mapPicture, placeLabel } from '../../../places/index.ts'
import { peerSays } from '../../peers/panel.ts'
import { isOpen, type Report, standing } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import type { PhotoRow, UpdateRow } from '../../store.ts'
import { photoPath, reportPath } from '../paths.ts'
import type { ShownReport } from '../read.ts'
import { agencyName, categoryWords, crewName, districtName, stateMeaning, stateTone, stateWords } from './words.ts'

/** The public page of a report: where it stands, what it is, what has happened; `acts` is what this reader can do. */
export function reportPage(
  view: View,
  board: Board,
  shown: ShownReport,
  today: PlainDate,
  o: { said: Content; acts: Content; foot: Content },
): Html {
  const { t } = view
  const { report } = shown
  return html`${o.said}
    <p class="st-caption"><bdi>${report.reference}</bdi></p>
    <h1>${categoryWords(view, board, report.category)}</h1>
    ${report.hidden ? alert('warning', null, html`<p>${t('reports.page.hidden')}</p>`) : null}
    ${card(view, board, shown, today)}
    <p>${stateMeaning(view, report)}</p>
    ${outcome(view, board, shown)} ${o.acts} ${about(view, board, shown)} ${photos(view, shown)} ${history(view, board, shown)} ${o.foot}`
}

function card(view: View, board: Board, { report, expected }: ShownReport, today: PlainDate): Html {
  const { t } = view
  const open = isOpen(report)
  const late = open && report.due_on !== null && report.due_on < today
  const ends = report.state === 'checking' ? report.checking_until : null
  return statusCard([
    {
      key: t('reports.page.where'),
      value: tag(stateWords(view, report), stateTone(report)),
      note: report.reopened > 0 ? t('reports.page.reopened', { n: report.reopened }) : null,
    },
    {
      key: t('reports.page.who'),
      value: agencyName(view, report.agency),
      note: report.crew === null ? (open ? t('reports.page.nobody_yet') : null) : crewName(view, board, report.crew),
    },
    ends !== null
      ? { key: t('reports.page.until'), value: day(view, ends), note: t('reports.page.until_note') }
      : open
        ? {
            key: t('reports.page.due'),
            value: report.due_on === null ? t('reports.page.due_none') : day(view, report.due_on),
            note: html`${late ? html`<strong>${t('reports.page.late')}</strong>` : null} ${expectedWords(view, expected, today)}`,
          }
        : { key: t('reports.page.ended'), value: report.ended_at ? instant(view, report.ended_at) : '' },
  ])
}

/** What was measured: when half and nine of ten of such reports were fixed. */
function expectedWords(view: View, expected: ShownReport['expected'], today: PlainDate): Content {
  const { t } = view
  if (expected === null) return null
  if (expected.latestOn < today) return t('reports.page.expected.past', { n: expected.count })
  const on = expected.likelyOn >= today ? expected.likelyOn : expected.latestOn
  return html`${t(on === expected.likelyOn ? 'reports.page.expected.half' : 'reports.page.expected.most', { n: expected.count })} ${day(view, on)}`
}

/** How it ended, with the fact that shows it. */
function outcome(view: View, board: Board, { report, root, photos: all }: ShownReport): Content {
  const { t } = view
  const { closure } = standing(report)
  if (closure === null) return null
  const fact = ((): Content => {
    switch (closure.outcome) {
      case 'fixed': {
        const { evidence } = closure
        if (evidence.kind === 'work_order')
          return html`${t('reports.page.fact.work_order')} <bdi>${evidence.order}</bdi>, ${day(view, evidence.on)}`
        const photo = all.find((each) => each.id === evidence.photo)
        return photo ? html`<a class="ds-link" href="#photos">${t('reports.page.fact.photo')}</a>` : t('reports.page.fact.photo_kept')
      }
      case 'not_ours':
        return authority(view, board, closure.authority)
      case 'duplicate':
        return root
          ? html`<a class="ds-link" href="${reportPath(root)}"><bdi>${root.reference}</bdi></a> · ${stateWords(view, root)}`
          : null
      case 'no_action':
        return t(`reports.page.reason.${closure.reason}`)
      case 'referred':
        return html`<bdi>${closure.programme}</bdi>, ${day(view, closure.on)}`
      case 'elsewhere':
        return html`${t('reports.page.fact.elsewhere')} <bdi>${closure.status}</bdi>`
      case 'withdrawn':
        return null
    }
  })()
  if (fact === null) return null
  return html`<section class="st-flow" aria-labelledby="outcome">
    <h2 id="outcome">${t(`reports.page.outcome_title.${closure.outcome}`)}</h2>
    <p>${fact}</p>
  </section>`
}

function authority(view: View, board: Board, id: string): Content {
  const found = board.categories.authority(id)
  if (!found) return html`<bdi>${id}</bdi>`
  return html`<strong>${words(view, found.name)}</strong>. ${words(view, found.about)}
    ${found.phone ? html`<a class="ds-link" href="${`tel:${found.phone.replaceAll(/[^+\d]/g, '')}`}"><bdi>${found.phone}</bdi></a>` : null}
    ${found.email ? html`<a class="ds-link" href="${`mailto:${found.email}`}"><bdi>${found.email}</bdi></a>` : null}`
}

function about(view: View, board: Board, { report, approximate }: ShownReport): Html {
  const { t } = view
  const { places } = board
  const point = { lat: report.lat, long: report.long }
  const place = approximate || !places ? (report.address ?? `${report.lat}, ${report.long}`) : placeLabel(view, places, point)
  const form = board.categories.form(report.category)
  const questions = (form?.definition.form.pages[0]?.questions ?? []).filter((question) => report.answers[question.id] !== undefined)
  const rows: SummaryRow[] = [
    {
      key: t('reports.page.place'),
      value: html`<bdi>${place}</bdi>${approximate ? html`<br /><span class="st-meta">${t('reports.page.approximate')}</span>` : null}`,
    },
    ...(report.district ? [{ key: t('reports.page.district'), value: districtName(view, board, report.district) }] : []),
    { key: t('reports.page.opened'), value: instant(view, report.opened_at) },
    ...questions.map((question) => ({ key: words(view, question.label), value: answerText(view, question, report.answers[question.id]) })),
  ]
  return html`<section class="st-flow" aria-labelledby="about">
    <h2 id="about">${t('reports.page.about')}</h2>
    ${report.text === '' ? null : html`<blockquote class="st-quote st-typed" dir="auto" lang="${report.language}">${report.text}</blockquote>`}
    ${report.masked ? html`<p class="st-meta">${t('reports.page.masked')}</p>` : null}
    ${places ? mapPicture(view, approximate ? { ...lookAt(places, point), zoom: 14, markers: [], alt: place } : { ...point, zoom: 16, alt: place }) : null}
    ${summaryList(rows)}
  </section>`
}

function photos(view: View, { report, photos: all }: ShownReport): Content {
  if (all.length === 0) return null
  const { t } = view
  const one = (photo: PhotoRow): Html => html`<li>
    <figure>
      <a href="${photoPath(report, photo.id)}"><img class="st-photo" src="${photoPath(report, photo.id)}" alt="${t(`reports.page.photo.${photo.kind}`)}" loading="lazy" /></a>
      <figcaption class="st-meta">${t(`reports.page.photo.${photo.kind}`)}, ${instant(view, photo.added_at)}</figcaption>
    </figure>
  </li>`
  return html`<section class="st-flow" aria-labelledby="photos">
    <h2 id="photos">${t('reports.page.photos')}</h2>
    <ul class="st-photos">
      ${all.map(one)}
    </ul>
  </section>`
}

function history(view: View, board: Board, { updates, report }: ShownReport): Html {
  const items = updates.toReversed().map((update, i) => ({
    title:
      i === updates.length - 1 && update.kind === 'state'
        ? firstTitle(view, update)
        : (peerTitle(view, board, report, update) ?? lineTitle(view, update)),
    at: instant(view, update.created_at),
    body: update.text === '' ? null : html`<p class="st-typed" dir="auto">${update.text}</p>`,
    tone: i === 0 ? ('now' as const) : ('done' as const),
  }))
  const source = /^(import|pull):/.test(report.source) ? html`<p class="st-meta">${view.t('reports.page.imported')}</p>` : null
  return html`<section class="st-flow" aria-labelledby="history">
    <h2 id="history">${view.t('reports.page.history')}</h2>
    ${timeline(items)} ${source}
  </section>`
}

/** The first line of a history: that it was reported, and who got it at once. */
function firstTitle({ t }: View, update: UpdateRow): string {
  return t(update.state === 'received' ? 'reports.page.line.opened' : 'reports.page.line.opened_assigned')
}

/** Whoever else was handed the report is named where they say something of it. */
function peerTitle(view: View, board: Board, report: Report, { kind, by }: Pick<UpdateRow, 'kind' | 'by'>): string | null {
  return kind === 'message' && by === 'peer' ? peerSays(view, board, report) : null
}

/** What a line of the history says happened. */
export function lineTitle({ t }: View, update: Pick<UpdateRow, 'kind' | 'state' | 'outcome' | 'by'>): string {
  if (update.kind === 'message') return t(`reports.page.line.message.${update.by}`)
  if (update.kind === 'joined') return t('reports.page.line.joined')
  if (update.kind === 'confirmed')
    return t(`reports.page.line.confirmed.${update.by === 'reporter' || update.by === 'follower' ? update.by : 'silence'}`)
  if (update.kind === 'broken') return t('reports.page.line.broken')
  if (update.kind === 'route') return t('reports.page.line.route')
  if (update.state !== 'closed') return t(`reports.page.line.${update.state}`)
  return t(`reports.page.outcome.${update.outcome ?? 'elsewhere'}`)
}

/** Asks whether the reporter really takes the report back. */
export function withdrawPage(view: View, board: Board, shown: Pick<ShownReport, 'report'>): Html {
  const { t } = view
  const { report } = shown
  return html`<h1>${t('reports.page.withdraw.title')}</h1>
    <p>${categoryWords(view, board, report.category)} · <bdi>${report.reference}</bdi></p>
    <p>${t('reports.page.withdraw.text')}</p>
    <form method="post" action="${`${reportPath(report)}/withdraw`}">
      <div class="st-buttons">
        ${button(t('reports.page.withdraw.submit'), { kind: 'danger' })} ${linkButton(reportPath(report), t('reports.page.withdraw.keep'), { kind: 'secondary' })}
      </div>
    </form>`
}
