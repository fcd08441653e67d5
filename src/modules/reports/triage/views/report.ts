import {
  alert, button, type Content, day, element, hiddenInputs, html, type Html, instant, statusCard, summaryList, type SummaryRow, tag, timeline, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { answerText } from '../../../fields/index.ts'
import { lookAt, mapPicture, placeLabel } from '../../../places/index.ts'
import { reportPath } from '../../page/paths.ts'
import { agencyName, categoryWords, crewName, districtName, stateTone, stateWords } from '../../page/views/words.ts'
import { isOpen, type Report, standing } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import type { PhotoRow, UpdateRow } from '../../store.ts'
import type { SortedReport } from '../read.ts'
import { authorityName, due, sortHref } from './choices.ts'
import { actForms, formsShown, type Refused, refusedSummary } from './forms.ts'
import { historyItems } from './history.ts'

/** An officer's page of a report: where it stands, what is known, what the public reads, and everything that may be done. */
export function sortedView(view: View, board: Board, found: SortedReport, refused: Refused | null, said: Content, peers: Content): Html {
  const { t } = view
  const { report } = found
  return html` ${refusedSummary(view, refused, formsShown(found))} ${said}
    <h1><bdi>${report.reference}</bdi> ${categoryWords(view, board, report.category)}</h1>
    ${notices(view, found)} ${card(view, board, found)}
    <p class="st-case-jump"><a class="ds-link" href="#acts">${t('reports.triage.jump')}</a></p>
    <div class="st-case">
      <div class="st-case-facts">
        ${about(view, board, found)} ${personal(view, board, found)} ${peers} ${photos(view, found)} ${near(view, found)} ${lines(view, found)}
        <section class="st-flow" aria-labelledby="history">
          <h2 id="history">${t('reports.triage.history')}</h2>
          ${timeline(historyItems(view, board, found))}
        </section>
      </div>
      <div class="st-case-acts" id="acts" tabindex="-1">${actForms(view, board, found, refused)}</div>
    </div>`
}

function notices(view: View, { report, concerns }: SortedReport): Content {
  const { t } = view
  const settle = html`<p>${t('reports.triage.concerns.hint')}</p>
    <ul>
      ${concerns.map((reason) => html`<li>${t(`reports.triage.concern.${reason}`)}</li>`)}
    </ul>
    <form method="post" action="${sortHref(report.id, '/settle')}">
      ${hiddenInputs({ revision: report.revision })} ${button(t('reports.triage.concerns.settle'), { kind: 'secondary' })}
    </form>`
  return [
    report.hidden && alert('warning', null, html`<p>${t('reports.triage.is_hidden')}</p>`),
    concerns.length > 0 && alert('warning', t('reports.triage.concerns'), settle),
  ]
}

function card(view: View, board: Board, found: SortedReport): Html {
  const { t } = view
  const { report, names, expected } = found
  const officer = report.officer === null ? null : html`<bdi>${names.get(report.officer) ?? ''}</bdi>`
  return statusCard([
    {
      key: t('reports.triage.card.where'),
      value: tag(stateWords(view, report), stateTone(report)),
      note: report.reopened > 0 ? t('reports.triage.mark.reopened', { n: report.reopened }) : null,
    },
    {
      key: t('reports.triage.card.who'),
      value: report.crew === null ? agencyName(view, report.agency) : crewName(view, board, report.crew),
      note: officer ?? t('reports.triage.assign.nobody'),
    },
    isOpen(report)
      ? {
          key: t('reports.triage.card.due'),
          value: due(view, found),
          note:
            expected === null ? null : html`${t('reports.triage.card.expected', { n: expected.count })} ${day(view, expected.likelyOn)}`,
        }
      : {
          key: t(report.state === 'checking' ? 'reports.triage.card.checking' : 'reports.triage.card.ended'),
          value:
            report.state === 'checking' && report.checking_until !== null
              ? day(view, report.checking_until)
              : report.ended_at === null
                ? ''
                : instant(view, report.ended_at),
          note: closureFact(view, board, found),
        },
  ])
}

/** The fact of an ending, in a few words. */
function closureFact(view: View, board: Board, { report, root }: SortedReport): Content {
  const { t } = view
  const { closure } = standing(report)
  switch (closure?.outcome) {
    case 'fixed':
      return closure.evidence.kind === 'photo'
        ? t('reports.triage.fact.photo')
        : html`${t('reports.triage.fact.order')} <bdi>${closure.evidence.order}</bdi>, ${day(view, closure.evidence.on)}`
    case 'not_ours':
      return authorityName(view, board, closure.authority)
    case 'duplicate':
      return root ? html`<a class="ds-link" href="${sortHref(root.id)}"><bdi>${root.reference}</bdi></a>` : null
    case 'no_action':
      return t(`reports.page.reason.${closure.reason}`)
    case 'referred':
      return html`<bdi>${closure.programme}</bdi>, ${day(view, closure.on)}`
    case 'elsewhere':
      return html`<bdi>${closure.status}</bdi>`
    default:
      return null
  }
}

function about(view: View, board: Board, { report, approximate, duplicates }: SortedReport): Html {
  const { t } = view
  const { places } = board
  const point = { lat: report.lat, long: report.long }
  const place = approximate || !places ? (report.address ?? `${report.lat}, ${report.long}`) : placeLabel(view, places, point)
  const questions = board.categories.byId(report.category)?.questions.filter((each) => report.answers[each.id] !== undefined) ?? []
  const [kind = '', system] = report.source.split(':')
  const rows: SummaryRow[] = [
    {
      key: t('reports.triage.place_is'),
      value: html`<bdi>${place}</bdi>${approximate ? html` <span class="st-meta">${t('reports.triage.approximate')}</span>` : null}`,
    },
    ...(report.district ? [{ key: t('reports.triage.filter.district'), value: districtName(view, board, report.district) }] : []),
    { key: t('reports.triage.col.came'), value: instant(view, report.opened_at) },
    {
      key: t('reports.triage.filter.source'),
      value: html`${t(`reports.triage.source.${kind}`)}${system ? html` <bdi>${system}</bdi>` : null}`,
    },
    ...questions.map((question) => ({ key: words(view, question.label), value: answerText(view, question, report.answers[question.id]) })),
    ...(duplicates.length > 0 ? [{ key: t('reports.triage.duplicates'), value: links(duplicates) }] : []),
  ]
  return html`<section class="st-flow" aria-labelledby="about">
    <h2 id="about">${t('reports.triage.about')}</h2>
    ${report.text === '' ? html`<p class="st-meta">${t('reports.triage.no_words')}</p>` : typed(report)}
    ${report.masked ? html`<p class="st-meta">${t('reports.triage.is_masked')}</p>` : null}
    ${places ? mapPicture(view, approximate ? { ...lookAt(places, point), zoom: 14, markers: [], alt: place } : { ...point, zoom: 17, alt: place }) : null}
    ${summaryList(rows)}
    ${report.hidden ? null : html`<p><a class="ds-link" href="${reportPath(report)}">${t('reports.triage.public_page')}</a></p>`}
  </section>`
}

function typed({ text, language }: Pick<Report, 'text' | 'language'>): Html {
  return html`<blockquote class="st-quote st-typed" dir="auto" lang="${language}">${text}</blockquote>`
}

function links(reports: readonly Report[]): Html {
  return html`<ul class="st-plain">
    ${reports.map((each) => html`<li><a class="ds-link" href="${sortHref(each.id)}"><bdi>${each.reference}</bdi></a></li>`)}
  </ul>`
}

/** Who reported it and what they typed: shown when it is asked for, because each look is written down. */
function personal(view: View, board: Board, { report, unmasked }: SortedReport): Content {
  const { t } = view
  if (report.record_id === null) return html`<p class="st-meta">${t('reports.triage.personal.none')}</p>`
  if (unmasked === null)
    return html`<p>
      <a class="ds-link" href="${sortHref(report.id, '?personal=1#personal')}">${t('reports.triage.personal.open')}</a>
      <span class="st-meta">${t('reports.triage.personal.recorded')}</span>
    </p>`
  const plain = (key: string, value: string | null): SummaryRow[] =>
    value === null ? [] : [{ key: t(key), value: html`<bdi>${value}</bdi>` }]
  const questions = board.categories.byId(report.category)?.questions.filter((each) => unmasked.answers[each.id] !== undefined) ?? []
  const rows = [
    ...plain('reports.triage.personal.name', unmasked.name),
    ...plain('reports.triage.personal.email', unmasked.email),
    ...plain('reports.triage.personal.phone', unmasked.phone),
    ...questions.map((question) => ({
      key: words(view, question.label),
      value: answerText(view, question, unmasked.answers[question.id]),
    })),
  ]
  return html`<section class="st-flow" aria-labelledby="personal">
    <h2 id="personal">${t('reports.triage.personal')}</h2>
    ${
      unmasked.text === null
        ? null
        : html`<h3>${t('reports.triage.personal.words')}</h3>
          ${typed({ text: unmasked.text, language: report.language })}`
    }
    ${rows.length > 0 ? summaryList(rows) : unmasked.text === null ? html`<p>${t('reports.triage.personal.empty')}</p>` : null}
  </section>`
}

function photos(view: View, { report, photos: all }: SortedReport): Content {
  if (all.length === 0) return null
  const { t } = view
  const act = (photo: PhotoRow, state: 'public' | 'hidden'): Html =>
    html`<form method="post" action="${sortHref(report.id, '/photo')}">
      ${hiddenInputs({ photo: photo.id, state })}
      ${button(t(`reports.triage.photo.${state === 'public' ? 'release' : 'hide'}`), { kind: 'secondary', about: photo.id.slice(-4) })}
    </form>`
  const picture = (photo: PhotoRow, i: number): Html => {
    const alt = t(`reports.triage.photo.alt.${photo.kind}`, { n: i + 1 })
    if (photo.media_url !== null && photo.document_id === null && photo.file_key === null)
      return html`<p><a class="ds-link" href="${photo.media_url}" rel="noreferrer">${t('reports.triage.photo.elsewhere')}</a></p>`
    return element('img', { src: sortHref(report.id, `/photos/${photo.id}`), alt, loading: 'lazy', decoding: 'async' })
  }
  return html`<section class="st-flow" aria-labelledby="photos">
    <h2 id="photos">${t('reports.triage.photos')}</h2>
    <ul class="st-triage-photos">
      ${all.map(
        (photo, i) =>
          html`<li>
            ${picture(photo, i)}
            <p>
              ${tag(t(`reports.triage.photo.${photo.state}`), photo.state === 'public' ? 'success' : photo.state === 'hidden' ? 'neutral' : 'info')}
              <span class="st-meta">${t(`reports.triage.photo.kind.${photo.kind}`)}</span>
            </p>
            <div class="st-buttons">
              ${photo.state === 'public' || photo.media_url !== null ? null : act(photo, 'public')} ${photo.state === 'hidden' ? null : act(photo, 'hidden')}
            </div>
          </li>`,
      )}
    </ul>
  </section>`
}

/** Open reports of the same kind nearby: perhaps the same thing. */
function near(view: View, { report, near: all }: SortedReport): Content {
  if (all.length === 0) return null
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="near">
    <h2 id="near">${t('reports.triage.near')}</h2>
    <ul class="st-plain">
      ${all.map(
        (each) =>
          html`<li class="st-flow">
            <a class="ds-link" href="${sortHref(each.id)}"><bdi>${each.reference}</bdi></a> ${tag(stateWords(view, each), stateTone(each))}
            <span class="st-meta">${t('reports.triage.metres', { n: Math.round(each.metres) })} · ${instant(view, each.opened_at)}</span>
            <div class="st-triage-words" dir="auto">${each.text}</div>
            ${
              isOpen(report) || isOpen(each)
                ? html`<a class="ds-link" href="${sortHref(report.id, `/merge?with=${each.reference}`)}"
                    >${t('reports.triage.merge_with', { reference: each.reference })}</a
                  >`
                : null
            }
          </li>`,
      )}
    </ul>
  </section>`
}

/** What the public reads below the report, with what may be taken from it. */
function lines(view: View, { report, updates }: SortedReport): Content {
  const { t } = view
  const spoken = updates.filter((each) => each.text !== '')
  if (spoken.length === 0) return null
  const act = (line: UpdateRow, state: 'hidden' | 'public' | 'restore'): Html =>
    html`<form method="post" action="${sortHref(report.id, '/line')}">
      ${hiddenInputs({ line: line.id, state })} ${button(t(`reports.triage.line.${state}`), { kind: 'tertiary' })}
    </form>`
  return html`<section class="st-flow" aria-labelledby="lines">
    <h2 id="lines">${t('reports.triage.lines')}</h2>
    ${timeline(
      spoken.toReversed().map((line) => ({
        title: t(`reports.triage.by.${line.by}`),
        at: html`${instant(view, line.created_at)}${line.hidden ? html` ${tag(t('reports.triage.mark.hidden'), 'warning')}` : null}`,
        body: html`<div class="st-typed" dir="auto">${line.text}</div>
          <div class="st-buttons">
            ${act(line, line.hidden ? 'public' : 'hidden')} ${line.record_id === null ? null : act(line, 'restore')}
          </div>`,
      })),
    )}
  </section>`
}
