import type { PlainDate } from '../../../kernel/time.ts'
import {
  alert, button, buttonRow, type Content, day, hiddenInputs, fileField, html, type Html, instant, linkButton, money, PICTURES, statusCard, timeline, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import { prose } from '../../catalogue/index.ts'
import { fileSize } from '../../fields/index.ts'
import { emergenciesTold } from '../emergency/views.ts'
import { stateOf } from '../case.ts'
import { awaitsPayment, isUnpaid, owedOf } from '../fee.ts'
import type { EntryText, FollowedCase } from '../read.ts'
import { sentFileLimits } from '../sentfiles.ts'
import { INFORMATION_FILES, type Refused, refusedSummary, writeForm } from './forms.ts'
import { stepForm } from './officerforms.ts'
import {
  agencyName,
  eventEntry,
  eventStandIn,
  eventTitle,
  isLate,
  letterTitle,
  outcomeText,
  sentFiles,
  stateText,
  typedText,
} from './words.ts'

/** A resident's page of a case: where it is, who has it, until when; then what they can do. */
export function residentPage(
  view: View,
  found: FollowedCase,
  today: PlainDate,
  refused: Refused | null,
  above: { done: Content; standIns: Content; money: readonly Content[]; key: string },
): Html {
  const { t } = view
  const { current, service } = found
  const open = current.closed_at === null
  const asked = open && current.information_since !== null
  return html` ${refusedSummary(view, refused, [...(asked ? ['information'] : []), ...(open ? ['message'] : []), ...found.steps.flatMap((each) => (each.reason === 'none' ? [] : [stepForm(each.id)]))])}
    ${above.done}
    <h1>${words(view, service.definition.title)}</h1>
    ${card(view, found, today)} ${above.standIns} ${asked ? request(view, found, refused, above.key) : next(view, found)}
    ${above.money.length > 0 ? above.money : fee(view, found)}
    ${found.steps.map((each) => ownStep(view, found, each, refused, above.key))} ${decision(view, found)} ${letters(view, found)}
    ${emergenciesTold(view, found.emergencies)}
    ${messages(view, found, refused, above.key)} ${history(view, found)} ${comeBack(view, found)}
    ${current.kept_until ? html`<p class="st-meta">${t('cases.kept_until')} ${day(view, current.kept_until)}</p>` : null}
    ${open ? html`<p><a class="ds-link" href="${`/cases/${current.reference}/withdraw`}">${t('cases.withdraw.link')}</a></p>` : null}`
}

function card(view: View, found: FollowedCase, today: PlainDate): Html {
  const { t } = view
  const { current, service } = found
  const { description, final } = stateOf(service.workflow, current.state)
  const yours = current.closed_at === null && current.waiting_for === 'resident'
  const pays = current.information_since === null && awaitsPayment(service, current)
  const officer = found.officerName
    ? html`${t('cases.who.officer')} <bdi>${found.officerName}</bdi>`
    : current.closed_at === null
      ? t('cases.who.nobody_yet')
      : null
  return statusCard([
    {
      key: t('cases.where'),
      value: stateText(view, service, current),
      note: (current.closed_at === null || final) && description ? words(view, description) : null,
    },
    {
      key: t('cases.who'),
      value: yours ? t(pays ? 'cases.who.you_payment' : 'cases.who.you') : agencyName(view, current.agency),
      note: yours ? html`${agencyName(view, current.agency)} ${t('cases.who.waits')}` : officer,
    },
    { key: t('cases.until'), value: until(view, found), note: untilNote(view, found, today) },
  ])
}

function until(view: View, { current }: FollowedCase): Content {
  if (current.closed_at) return instant(view, current.closed_at)
  return current.deadline ? day(view, current.deadline) : view.t('cases.deadline.none')
}

function untilNote(view: View, { current, service }: FollowedCase, today: PlainDate): Content {
  const { t } = view
  if (current.closed_at) return t('cases.closed_on')
  if (current.information_since) return t('cases.clock_stands')
  if (current.deadline && current.paused_since && awaitsPayment(service, current)) return t('cases.clock_stands.payment')
  const late = isLate(current, today) ? t('cases.deadline.passed') : current.deadline ? t('cases.deadline.legal') : null
  const expected =
    current.expected_on && current.expected_on >= today ? html`${t('cases.expected')} ${day(view, current.expected_on)}` : null
  return late && expected ? html`${late}<br />${expected}` : (late ?? expected)
}

/** What happens next, in words: what was granted and ended since is not said to be granted. */
function nextKey({ current, service, letters: issued }: FollowedCase): string {
  if (current.outcome === 'granted' && issued.length > 0) {
    if (issued.every((letter) => letter.revoked_at !== null)) return 'cases.next.ended'
    if (issued.some((letter) => letter.revoked_at === null && letter.suspended_at !== null)) return 'cases.next.suspended'
  }
  if (current.outcome !== null) return `cases.next.${current.outcome}`
  return awaitsPayment(service, current) ? 'cases.next.payment' : `cases.next.${current.waiting_for}`
}

function next(view: View, found: FollowedCase): Html {
  const { t } = view
  const { current, service } = found
  const key = nextKey(found)
  const silence = service.definition.deadline?.silence
  return html`<section class="st-flow" aria-labelledby="next">
    <h2 id="next">${t('cases.next')}</h2>
    <p>${t(key)}</p>
    ${current.closed_at === null && current.deadline && silence ? html`<p>${t(`cases.silence.${silence}`)}</p>` : null}
  </section>`
}

function request(view: View, found: FollowedCase, refused: Refused | null, key: string): Html {
  const { t } = view
  const asked = [...found.entries.values()].filter((entry) => entry.kind === 'request').at(-1)
  return html`<section class="st-flow" aria-labelledby="request">
    ${alert(
      'warning',
      null,
      html`<h2 id="request" class="st-alert-title">${t('cases.information.title')}</h2>
        ${asked ? typedText(asked.text) : null}`,
    )}
    ${writeForm({
      form: 'information',
      action: `/cases/${found.current.reference}/information`,
      label: t('cases.information.label'),
      hint: t('cases.information.hint'),
      submit: t('cases.information.submit'),
      kind: 'primary',
      hidden: { key },
      multipart: true,
      after: answerFiles(view, refused),
      refused,
    })}
  </section>`
}

function answerFiles(view: View, refused: Refused | null): Html {
  const { t } = view
  const mine = refused?.form === 'information' ? refused : null
  const size = fileSize(view, sentFileLimits.maxMb * 1_000_000)
  return fileField({
    id: INFORMATION_FILES,
    name: 'files',
    label: t('cases.information.files'),
    hint: [t('ui.field.file.any', { n: sentFileLimits.most, size }), mine ? html`<br />${t('cases.information.files_again')}` : null],
    error: mine?.field === INFORMATION_FILES ? mine.message : undefined,
    accept: `${PICTURES},application/pdf`,
    multiple: true,
    maxBytes: sentFileLimits.maxMb * 1_000_000,
    tooLarge: t('ui.field.file.too_large', { size }),
  })
}

/** A step that is the resident's to take, with words where the workflow asks for them. */
function ownStep(
  view: View,
  { current }: FollowedCase,
  transition: FollowedCase['steps'][number],
  refused: Refused | null,
  key: string,
): Html {
  const label = words(view, transition.label)
  const action = `/cases/${current.reference}/step`
  const hidden = { transition: transition.id, key }
  if (transition.reason === 'none')
    return html`<form method="post" class="st-form" action="${action}">${hiddenInputs(hidden)} ${button(label)}</form>`
  const text = view.t(transition.reason === 'required' ? 'cases.step.text' : 'cases.step.text_optional')
  return html`<section class="st-flow">
    <h2>${label}</h2>
    ${writeForm({ form: stepForm(transition.id), action, label: text, submit: label, kind: 'primary', hidden, refused })}
  </section>`
}

function decision(view: View, found: FollowedCase): Content {
  const { current, service } = found
  if (current.outcome === null || current.outcome === 'withdrawn') return null
  const decided = found.events.findLast((event) => event.type === 'cases.case.decided')
  const entry = decided ? eventEntry(decided, found.entries) : null
  const appeal = current.outcome === 'refused' ? service.definition.appeal : undefined
  return html`<section class="st-flow" aria-labelledby="decision">
    <h2 id="decision">${view.t('cases.decision')}: ${outcomeText(view, current.outcome)}</h2>
    ${
      entry
        ? html`<h3>${view.t('cases.decision.reason')}</h3>
            ${typedText(entry.text)}`
        : null
    }
    ${
      found.notMet.length > 0
        ? html`<h3>${view.t('cases.letter.not_met')}</h3>
            <ul>
              ${found.notMet.map((otherwise) => html`<li>${words(view, otherwise)}</li>`)}
            </ul>`
        : null
    }
    ${
      appeal
        ? html`<h3>${view.t('cases.decision.appeal')}</h3>
            ${prose(view, appeal)}`
        : null
    }
  </section>`
}

function letters(view: View, found: FollowedCase): Content {
  if (found.letters.length === 0) return null
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="letters">
    <h2 id="letters">${t('cases.letters')}</h2>
    <ul class="st-plain">
      ${found.letters.map(
        (letter) =>
          html`<li>
            ${letterLink(view, found, letter)}
            <span class="st-meta">${instant(view, letter.issued_at)}</span>
            ${letterStanding(view, letter)}
          </li>`,
      )}
    </ul>
  </section>`
}

function letterStanding(view: View, letter: FollowedCase['letters'][number]): Content {
  const { t } = view
  if (letter.revoked_at) return html`<br />${t('cases.letters.revoked')}`
  if (letter.suspended_at) return html`<br />${t('cases.letters.suspended')}`
  return letter.valid_until ? html`<br />${t('cases.letters.valid_until')} ${day(view, letter.valid_until)}` : null
}

function letterLink(view: View, found: FollowedCase, letter: FollowedCase['letters'][number]): Content {
  const title = letterTitle(view, found.service, letter.template)
  return html`<a class="ds-link" href="${`/cases/${found.current.reference}/letters/${letter.id}`}">${title} (PDF)</a>`
}

/** The fee in plain words, where no module above has more to say of it. */
function fee(view: View, { current, service }: FollowedCase): Content {
  const owed = owedOf(current)
  if (owed === null || owed.amount <= 0n || current.fee_state === null || current.fee_state === 'cancelled') return null
  const unpaid = isUnpaid(current) ? service.definition.fee?.unpaid : undefined
  // of cases from before fees had a standing, it is only known that they are owed
  const owedNow = current.outcome !== null || current.fee_due === 'at_submission'
  const standing = current.fee_state === 'recorded' && owedNow ? 'due' : current.fee_state
  return html`<section class="st-flow" aria-labelledby="fee">
    <h2 id="fee">${view.t('cases.fee')}</h2>
    <p><strong>${money(view, owed)}</strong></p>
    <p>
      ${view.t(`cases.fee.${standing}`)}${
        current.fee_due_on && (standing === 'due' || standing === 'overdue')
          ? html` ${view.t('cases.fee.due_on')} <strong>${day(view, current.fee_due_on)}</strong>.`
          : null
      }
    </p>
    ${unpaid ? prose(view, unpaid) : null}
  </section>`
}

const SAID = new Set<EntryText['kind']>(['to_resident', 'from_resident', 'request', 'answer'])

function messages(view: View, found: FollowedCase, refused: Refused | null, key: string): Content {
  const { t } = view
  const said = [...found.entries.values()].filter((entry) => SAID.has(entry.kind)).toReversed()
  const open = found.current.closed_at === null
  if (!open && said.length === 0) return null
  const items = said.map((entry) => ({
    title: t(`cases.said.${entry.kind}`),
    at: html`${entry.author ? html`<bdi>${entry.author}</bdi> · ` : null}${instant(view, entry.at)}`,
    body: [typedText(entry.text), sentFiles(view, entry.files, null)],
  }))
  return html`<section class="st-flow" aria-labelledby="messages">
    <h2 id="messages">${t('cases.messages')}</h2>
    ${items.length > 0 ? timeline(items) : html`<p>${t('cases.messages.none')}</p>`}
    ${
      open
        ? writeForm({
            form: 'message',
            action: `/cases/${found.current.reference}/message`,
            label: t('cases.message.to_us'),
            submit: t('cases.message.submit'),
            hidden: { key },
            refused,
          })
        : null
    }
  </section>`
}

function history(view: View, found: FollowedCase): Html {
  const firstOfficer = found.events.find((event) => event.type === 'cases.case.assigned' && event.data['officer'] !== undefined)
  const items = found.events.toReversed().flatMap((event) => {
    if (event.type === 'cases.case.assigned' && event !== firstOfficer) return []
    const title = eventTitle(view, found.service, event, null)
    if (title === null) return []
    const entry = event.type === 'cases.letter.revoked' ? eventEntry(event, found.entries) : null
    const standIn = eventStandIn(view, event)
    const at = html`${standIn === null ? null : html`${standIn} · `}${instant(view, event.occurredAt)}`
    return [{ title, at, body: entry ? typedText(entry.text) : null }]
  })
  return html`<section class="st-flow" aria-labelledby="history">
    <h2 id="history">${view.t('cases.history')}</h2>
    ${timeline(items.map((item, i) => ({ ...item, tone: i === 0 ? ('now' as const) : ('done' as const) })))}
  </section>`
}

function comeBack(view: View, { current }: FollowedCase): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="come-back">
    <h2 id="come-back">${t('cases.come_back')}</h2>
    <p>
      ${t('cases.come_back.reference')} <strong class="st-reference"><bdi>${current.reference}</bdi></strong>
    </p>
    <p>
      ${t(current.account_id && view.viewer ? 'cases.come_back.account' : 'cases.come_back.code')}
      <a class="ds-link" href="/track">${t('cases.track.title')}</a>
    </p>
  </section>`
}

/** The page that asks whether the resident really takes the application back. */
export function withdrawPage(view: View, found: FollowedCase): Html {
  const { t } = view
  const { current, service } = found
  return html` <h1>${t('cases.withdraw.title')}</h1>
    <p>${words(view, service.definition.title)} · <bdi>${current.reference}</bdi></p>
    <p>${t('cases.withdraw.text')}</p>
    <form method="post" action="${`/cases/${current.reference}/withdraw`}">
      ${buttonRow(button(t('cases.withdraw.submit'), { kind: 'danger' }), linkButton(`/cases/${current.reference}`, t('cases.withdraw.keep'), { kind: 'secondary' }))}
    </form>`
}
