import { daysBetween, parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { type JournalEvent, textIn } from '../../../platform/journal/event.ts'
import { type Content, day, html, type Html, tag, type Tone, type View, words } from '../../../ui/index.ts'
import { fileSize } from '../../fields/index.ts'
import type { Outcome, Service } from '../../servicefile/index.ts'
import { type Case, SOON_DAYS, stateOf } from '../case.ts'
import { awaitsPayment } from '../fee.ts'
import { accountIn, type EntryText, type SentFile } from '../read.ts'
import type { ConsultationRow } from '../store.ts'

/** Where a case is, in one or two words: its outcome when it is closed, else its state. */
export function stateText(view: View, service: Service, current: Case): Content {
  if (current.outcome === 'withdrawn') return outcomeText(view, current.outcome)
  if (current.closed_at === null && current.information_since !== null) return view.t('cases.state.information')
  return words(view, stateOf(service.workflow, current.state).label)
}

const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = {
  granted: 'success',
  refused: 'danger',
  withdrawn: 'neutral',
  not_ours: 'neutral',
  duplicate: 'neutral',
}

/** How a case ended, in words. */
export function outcomeText(view: View, outcome: Outcome): string {
  return view.t(`cases.outcome.${outcome}`)
}

/** How a case ended, as a label. */
export function outcomeTag(view: View, outcome: Outcome): Html {
  return tag(outcomeText(view, outcome), OUTCOME_TONES[outcome])
}

/** The name of an agency of the city; its id when the city has it no more. */
export function agencyName(view: View, id: string): Content {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

/** What the service asks another agency; null when the version of the case does not ask it. */
export function consultQuestion(view: View, service: Service, asked: Pick<ConsultationRow, 'agency' | 'transition'>): Content {
  const transition = service.workflow.transitions.find((each) => each.id === asked.transition)
  for (const effect of transition?.effects ?? [])
    if ('consult' in effect && effect.consult === asked.agency) return html`<p>${words(view, effect.question)}</p>`
  return null
}

/** The title of a letter that a service issues. */
export function letterTitle(view: View, service: Service, template: string): Content {
  const document = service.definition.documents.find((each) => each.id === template)
  return document ? words(view, document.title) : view.t('cases.letters.decision')
}

/** Who must act now, in words. */
export function waitingText(view: View, service: Service, current: Case): string {
  return view.t(awaitsPayment(service, current) ? 'cases.waiting.payment' : `cases.waiting.${current.waiting_for}`)
}

/** How pressing an open case is; null when it is not, and while its clock stands still. */
export function urgencyTag(view: View, service: Service, current: Case, daysLeft: number | null): Content {
  if (daysLeft === null) return null
  const escalates = (service.definition.deadline?.silence ?? 'escalate') === 'escalate'
  if (daysLeft < 0) return current.overdue_noted && escalates ? tag(view.t('cases.urgency.escalated'), 'danger') : null
  return current.warned || daysLeft <= SOON_DAYS ? tag(view.t('cases.urgency.soon'), 'warning') : null
}

/** The legal deadline with the working days that are left, or how late it is. */
export function deadlineText(view: View, service: Service, current: Case, daysLeft: number | null): Content {
  if (current.deadline === null) return view.t('cases.deadline.none')
  if (daysLeft === null) return day(view, current.deadline)
  const left = daysLeft < 0 ? view.t('cases.deadline.late', { n: -daysLeft }) : view.t('cases.deadline.left', { n: daysLeft })
  const late = tag(left, daysLeft < 0 ? 'danger' : daysLeft <= SOON_DAYS ? 'warning' : 'neutral')
  return html`${day(view, current.deadline)} ${late} ${urgencyTag(view, service, current, daysLeft)}`
}

/** Whether the legal deadline has passed on a day. */
export function isLate(current: Case, today: PlainDate): boolean {
  return (
    current.closed_at === null && current.paused_since === null && current.deadline !== null && daysBetween(current.deadline, today) > 0
  )
}

/** What a line of the timeline says; null when the reader need not see it. `names` is given for staff. */
export function eventTitle(view: View, service: Service, event: JournalEvent, names: ReadonlyMap<string, string> | null): Content {
  const { t } = view
  const { data } = event
  switch (event.type) {
    case 'cases.case.moved': {
      const state = service.workflow.states.find((each) => each.id === data['to'])
      if (!state || (state.final && names === null)) return null
      return html`${t('cases.event.moved')} ${words(view, state.label)}`
    }
    case 'cases.case.proposed':
      return html`${t('cases.event.proposed')} ${transitionText(view, service, data['transition'])}`
    case 'cases.case.assigned':
      if (names === null) return data['officer'] ? t('cases.event.officer_has_it') : null
      return data['officer']
        ? html`${t('cases.event.assigned')} <bdi>${names.get(textIn(data, 'officer')) ?? ''}</bdi>`
        : t('cases.event.unassigned')
    case 'cases.case.decided':
      return t(`cases.event.decided.${String(data['outcome'])}`)
    case 'cases.message.written':
      return t(data['to'] === 'resident' ? 'cases.event.message_to_resident' : 'cases.event.message_to_agency')
    case 'cases.consultation.asked':
      return html`${t('cases.event.consultation_asked')} ${agencyName(view, String(data['agency']))}`
    case 'cases.consultation.answered':
      return html`${agencyName(view, String(data['agency']))}: ${t(`cases.opinion.${String(data['opinion'])}`)}`
    case 'cases.letter.issued':
      return html`${t('cases.event.letter_issued')} ${letterTitle(view, service, String(data['template']))}`
    case 'cases.fee.due':
      return html`${t('cases.event.fee_due')} ${dayIn(view, data['due_on'])}`
    case 'cases.letter.suspended':
      return html`${t('cases.event.letter_suspended')} ${letterTitle(view, service, String(data['template']))}`
    case 'cases.letter.reinstated':
      return html`${t('cases.event.letter_reinstated')} ${letterTitle(view, service, String(data['template']))}`
    case 'cases.letter.revoked':
      return html`${t('cases.event.letter_revoked')} ${letterTitle(view, service, String(data['template']))}`
    case 'cases.case.overdue':
      return t(
        names === null
          ? 'cases.event.overdue_resident'
          : `cases.event.overdue.${data['silence'] === 'deemed_approved' ? 'deemed_approved' : 'escalate'}`,
      )
    default: {
      const key = PLAIN_EVENTS[event.type]
      return key ? t(key) : null
    }
  }
}

const PLAIN_EVENTS: Readonly<Record<string, string>> = {
  'cases.case.submitted': 'cases.event.submitted',
  'cases.fee.recorded': 'cases.event.fee',
  'cases.fee.changed': 'cases.event.fee_changed',
  'cases.fee.cancelled': 'cases.event.fee_cancelled',
  'cases.fee.paid': 'cases.event.fee_paid',
  'cases.fee.reversed': 'cases.event.fee_reversed',
  'cases.fee.overdue': 'cases.event.fee_overdue',
  'cases.fee.refunded': 'cases.event.fee_refunded',
  'cases.fee.owed_again': 'cases.event.fee_owed_again',
  'cases.case.proposal_declined': 'cases.event.proposal_declined',
  'cases.information.requested': 'cases.event.information_requested',
  'cases.information.given': 'cases.event.information_given',
  'cases.message.due': 'cases.event.message_due',
  'cases.note.added': 'cases.event.note',
  'cases.case.warned': 'cases.event.warned',
  'messages.message.undeliverable': 'cases.event.undeliverable',
}

function dayIn(view: View, value: unknown): Content {
  const on = typeof value === 'string' ? parsePlainDate(value) : null
  return on ? day(view, on) : null
}

/** The words that belong to a line of the timeline, if it names some that the reader has. */
export function eventEntry(event: JournalEvent, entries: ReadonlyMap<string, EntryText>): EntryText | null {
  return entries.get(textIn(event.data, 'entry') || textIn(event.data, 'reason')) ?? null
}

/** That a line was done for the resident by somebody else: by a mandate, or helping them. */
export function eventStandIn(view: View, event: JournalEvent): string | null {
  if (event.channel === 'mandate') return view.t('cases.by.mandate')
  return event.channel === 'assistance' ? view.t('cases.by.assistance') : null
}

/** Who did it, for staff: an officer by name, the resident, or the system. */
export function eventActor(view: View, event: JournalEvent, names: ReadonlyMap<string, string>): Content {
  if (event.actor.startsWith('system:')) return view.t('cases.by.system')
  const name = names.get(accountIn(event.actor) ?? '')
  const standIn = eventStandIn(view, event)
  if (standIn !== null) return name ? html`<bdi>${name}</bdi>, ${standIn}` : standIn
  return name ? html`<bdi>${name}</bdi>` : view.t('cases.by.resident')
}

/** The label of a step of the workflow. */
export function transitionText(view: View, service: Service, id: unknown): Content {
  const transition = service.workflow.transitions.find((each) => each.id === id)
  return transition ? words(view, transition.label) : String(id)
}

/** The files that came with words, each with its size; `base` is where the reader opens them, null where they only see that they came. */
export function sentFiles(view: View, files: readonly SentFile[], base: string | null): Content {
  if (files.length === 0) return null
  const name = (file: SentFile): Content =>
    base === null
      ? html`<bdi>${file.name}</bdi>`
      : html`<a class="ds-link" href="${`${base}/files/${file.id}`}"><bdi>${file.name}</bdi></a>`
  return html`<ul>
    ${files.map((file) => html`<li>${name(file)} <span class="st-meta">${fileSize(view, file.size)}</span></li>`)}
  </ul>`
}

/** Words that somebody wrote, as they wrote them. */
export function typedText(text: string): Html {
  return html`<div class="st-typed" dir="auto">${text}</div>`
}
