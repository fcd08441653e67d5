import { alert, type Content, html, type Html, instant, statusCard, summaryList, timeline, type View, words } from '../../../ui/index.ts'
import { answerText } from '../../fields/index.ts'
import type { ConsultationRow } from '../store.ts'
import type { EntryText, OfficerCase } from '../read.ts'
import { type Refused, refusedSummary, writeForm } from './forms.ts'
import { actionForms, formsShown, revokeForm } from './officerforms.ts'
import { ruleTrace } from './trace.ts'
import {
  agencyName,
  consultQuestion,
  deadlineText,
  eventActor,
  eventEntry,
  eventTitle,
  letterTitle,
  outcomeTag,
  sentFiles,
  stateText,
  typedText,
  waitingText,
} from './words.ts'

/** An officer's page of a case: where it stands, what may be done, and everything that is known. */
export function officerPage(
  view: View,
  found: OfficerCase,
  daysLeft: number | null,
  refused: Refused | null,
  above: { done: Content; standIns: Content; money: readonly Content[]; key: string },
): Html {
  const { t } = view
  const { current, service } = found.opened
  return html` ${refusedSummary(view, refused, formsShown(found))} ${above.done} ${notDelivered(view, found)}
    <h1><bdi>${current.reference}</bdi> ${words(view, service.definition.title)}</h1>
    ${statusCard([
      {
        key: t('cases.where'),
        value: stateText(view, service, current),
        note: current.outcome ? outcomeTag(view, current.outcome) : waitingText(view, service, current),
      },
      {
        key: t('cases.who'),
        value: current.officer ? html`<bdi>${found.names.get(current.officer) ?? ''}</bdi>` : t('cases.unassigned'),
        note: agencyName(view, current.agency),
      },
      {
        key: t('cases.until'),
        value: current.closed_at ? instant(view, current.closed_at) : deadlineText(view, service, current, daysLeft),
        note: current.closed_at ? t('cases.closed_on') : current.information_since ? t('cases.clock_stands') : null,
      },
    ])}
    ${above.standIns} ${above.money}
    <p class="st-case-jump"><a class="ds-link" href="#acts">${t('cases.jump')}</a></p>
    <div class="st-case">
      <div class="st-case-facts">
        ${answers(view, found)} ${sentAfterwards(view, found)} ${ruleTrace(view, found.opened, found.traces)} ${consultations(view, found)} ${letters(view, found, refused)}
        ${conversation(view, found)} ${history(view, found)}
      </div>
      <div class="st-case-acts" id="acts" tabindex="-1">${actionForms(view, found, refused, above.key)}</div>
    </div>`
}

function answers(view: View, found: OfficerCase): Html {
  const { definition } = found.opened.service
  const { evaluation } = found.opened
  const pages = evaluation.pages.flatMap((seen) => {
    const page = definition.form.pages.find((each) => each.id === seen.id)
    const questions = page?.questions.filter((each) => seen.questions.includes(each.id)) ?? []
    return page && questions.length > 0 ? [{ page, questions }] : []
  })
  return html`<section class="st-flow" aria-labelledby="answers">
    <h2 id="answers">${view.t('cases.answers')}</h2>
    ${pages.map(
      ({ page, questions }) =>
        html`<h3>${words(view, page.title)}</h3>
          ${summaryList(
            questions.map((question) => ({
              key: words(view, question.label),
              value: answerText(view, question, evaluation.answers[question.id], [...found.documents]),
            })),
          )}`,
    )}
  </section>`
}

/** That the last e-mail about the case did not arrive; the resident has to be told in another way. */
function notDelivered(view: View, found: OfficerCase): Content {
  const last = found.events.findLast((event) => event.type.startsWith('messages.message.'))
  if (last?.type !== 'messages.message.undeliverable') return null
  const { t } = view
  return alert('warning', t('cases.undeliverable.title'), html`<p>${t('cases.undeliverable.text')} ${instant(view, last.occurredAt)}</p>`)
}

/** The documents that the resident sent after the application. */
function sentAfterwards(view: View, found: OfficerCase): Content {
  const files = [...found.entries.values()].flatMap((entry) => entry.files)
  if (files.length === 0) return null
  return html`<section class="st-flow" aria-labelledby="documents">
    <h2 id="documents">${view.t('cases.documents_after')}</h2>
    ${sentFiles(view, files, `/officer/cases/${found.opened.current.id}`)}
  </section>`
}

function consultations(view: View, found: OfficerCase): Content {
  if (found.consultations.length === 0) return null
  const text = (row: ConsultationRow): Content => {
    const entry = found.entries.get(row.entry_id ?? '')
    const question = consultQuestion(view, found.opened.service, row)
    if (row.opinion === null) return html`${question}${view.t('cases.opinion.open')}`
    return html`${question}<strong>${view.t(`cases.opinion.${row.opinion}`)}</strong>${entry ? typedText(entry.text) : null}`
  }
  return html`<section class="st-flow" aria-labelledby="opinions">
    <h2 id="opinions">${view.t('cases.opinions')}</h2>
    ${summaryList(found.consultations.map((row) => ({ key: agencyName(view, row.agency), value: text(row) })))}
  </section>`
}

function letters(view: View, found: OfficerCase, refused: Refused | null): Content {
  if (found.letters.length === 0) return null
  const { current, service } = found.opened
  return html`<section class="st-flow" aria-labelledby="letters">
    <h2 id="letters">${view.t('cases.letters')}</h2>
    <ul class="st-plain">
      ${found.letters.map((letter) => {
        const title = letterTitle(view, service, letter.template)
        const link = html`<a class="ds-link" href="${`/officer/cases/${current.id}/letters/${letter.id}`}">${title} (PDF)</a>`
        return html`<li>
          ${link} <span class="st-meta">${instant(view, letter.issued_at)}</span>
          ${letter.revoked_at ? html`<br />${view.t('cases.letters.revoked')} ${instant(view, letter.revoked_at)}` : null}
          ${letter.suspended_at && !letter.revoked_at ? html`<br />${view.t('cases.letters.suspended')} ${instant(view, letter.suspended_at)}` : null}
          ${letter.revoked_at === null && found.mayRevoke ? revocation(view, found, letter, refused) : null}
        </li>`
      })}
    </ul>
  </section>`
}

/** The form that revokes a letter, folded away: it is seldom needed and cannot be undone. */
function revocation(view: View, found: OfficerCase, letter: OfficerCase['letters'][number], refused: Refused | null): Html {
  const { current, service } = found.opened
  const form = revokeForm(letter.id)
  return html`<details ?open="${refused?.form === form}">
    <summary>
      ${view.t('cases.letters.revoke')}<span class="ds-sr-only">: ${letterTitle(view, service, letter.template)}</span>
    </summary>
    ${writeForm({
      form,
      action: `/officer/cases/${current.id}/letters/${letter.id}/revoke`,
      label: view.t('cases.letters.revoke.reason'),
      hint: view.t('cases.letters.revoke.hint'),
      submit: view.t('cases.letters.revoke'),
      kind: 'danger',
      refused,
    })}
  </details>`
}

const SPOKEN = new Set<EntryText['kind']>(['note', 'to_resident', 'from_resident', 'request', 'answer'])

/** Messages, requests and notes, newest first. */
function conversation(view: View, found: OfficerCase): Content {
  const spoken = [...found.entries.values()].filter((entry) => SPOKEN.has(entry.kind)).toReversed()
  if (spoken.length === 0) return null
  const base = `/officer/cases/${found.opened.current.id}`
  return html`<section class="st-flow" aria-labelledby="conversation">
    <h2 id="conversation">${view.t('cases.conversation')}</h2>
    ${timeline(
      spoken.map((entry) => ({
        title: view.t(`cases.entry.${entry.kind}`),
        at: html`${entry.author ? html`<bdi>${entry.author}</bdi> · ` : null}${instant(view, entry.at)}`,
        body: [typedText(entry.text), sentFiles(view, entry.files, base)],
      })),
    )}
  </section>`
}

function history(view: View, found: OfficerCase): Html {
  const { service } = found.opened
  const items = found.events.toReversed().flatMap((event, i) => {
    const title = eventTitle(view, service, event, found.names)
    if (title === null) return []
    const entry = /^cases\.(case|letter)\./.test(event.type) ? eventEntry(event, found.entries) : null
    const at = html`${eventActor(view, event, found.names)} · ${instant(view, event.occurredAt)}`
    return [{ title, at, body: entry ? typedText(entry.text) : null, tone: i === 0 ? ('now' as const) : ('done' as const) }]
  })
  return html`<section class="st-flow" aria-labelledby="history">
    <h2 id="history">${view.t('cases.history')}</h2>
    ${timeline(items)}
  </section>`
}

/** What is said above a page after something was done. */
export function doneAlert(text: string | null): Content {
  return text === null ? null : alert('success', null, html`<p>${text}</p>`)
}
