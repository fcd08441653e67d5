import { isUuid, parseReference } from '../../../kernel/id.ts'
import { cleanText } from '../../../kernel/text.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { noActionReasons, openStates, type Report, reportStates, type ReportState } from '../report.ts'

/** What a crew does with a report on its list. */
export const actKinds = ['started', 'done', 'cannot', 'other_crew', 'note'] as const
export type ActKind = (typeof actKinds)[number]

/** Why a crew cannot do it: the reasons for no action that a crew can see, and the three endings that need another fact. */
export const whyNot = [...noActionReasons.filter((reason) => reason !== 'abuse'), 'not_ours', 'duplicate', 'referred'] as const
type WhyNot = (typeof whyNot)[number]

/** How the report stood when the crew member decided; an act is only done on what they saw. */
export type Seen = Pick<Report, 'revision' | 'state' | 'crew' | 'reopened'>

/** A form or a message of a device, as it was sent. */
export type TypedAct = {
  /** The act's own id: what comes twice is done once. */
  readonly id: string
  readonly reference: string
  readonly kind: ActKind
  readonly seen: Seen
  /** The public words that go with it. */
  readonly text: string
  readonly order: string
  readonly day: { readonly day: string; readonly month: string; readonly year: string }
  readonly why: string
  readonly authority: string
  readonly of: string
  readonly programme: string
  readonly crew: string
}

/** What an act says, complete. */
export type Act =
  | { readonly kind: 'started' }
  | { readonly kind: 'done'; readonly order: { readonly number: string; readonly on: PlainDate } | null }
  | { readonly kind: 'cannot'; readonly why: WhyNot; readonly fact: string; readonly on: PlainDate | null }
  | { readonly kind: 'other_crew'; readonly crew: string }
  | { readonly kind: 'note' }

/** What is wrong with an act: the field, and the key of what to do about it. */
export type ActIssue = { readonly field: string; readonly key: string }

/** The most characters of the words that go with an act. */
export const ACT_TEXT = 2_000

/** Reads what was sent; null when it names no act or no report, which no page of ours sends. */
export function readAct(form: unknown): TypedAct | null {
  const text = (name: string, most = 200): string =>
    cleanText(textOf(form, name) ?? '')
      .trim()
      .slice(0, most)
  const kind = actKinds.find((each) => each === textOf(form, 'act'))
  const state = reportStates.find((each) => each === textOf(form, 'seen_state'))
  const [id, reference] = [text('id'), parseReference(text('report'))]
  const [revision, reopened] = [Number(text('seen_revision')), Number(text('seen_reopened'))]
  if (!kind || !state || reference === null || !isUuid(id) || !Number.isSafeInteger(revision) || !Number.isSafeInteger(reopened))
    return null
  return {
    id: id.toLowerCase(),
    reference,
    kind,
    seen: { revision, state, reopened, crew: text('seen_crew') || null },
    text: text('text', ACT_TEXT),
    order: text('order', 60),
    day: { day: text('on-day', 4), month: text('on-month', 4), year: text('on-year', 6) },
    why: text('why'),
    authority: text('authority'),
    of: text('of'),
    programme: text('programme'),
    crew: text('crew'),
  }
}

/** Whether names that an act says are there. */
export type Known = { authority(id: string): boolean; crew(id: string): boolean }

/** An act with everything it needs, or what is missing of it. */
export function completeAct(
  typed: TypedAct,
  { today, known, photo }: { today: PlainDate; known: Known; photo: boolean },
): { act: Act; issue: null } | { act: null; issue: ActIssue } {
  const missing = (field: string, key: string): { act: null; issue: ActIssue } => ({ act: null, issue: { field, key } })
  const done = (act: Act): { act: Act; issue: null } => ({ act, issue: null })
  switch (typed.kind) {
    case 'started':
      return done({ kind: 'started' })
    case 'note':
      return typed.text === '' ? missing('text', 'note_needed') : done({ kind: 'note' })
    case 'other_crew':
      if (!known.crew(typed.crew)) return missing('crew', 'crew_needed')
      return typed.crew === typed.seen.crew ? missing('crew', 'crew_same') : done({ kind: 'other_crew', crew: typed.crew })
    case 'done': {
      if (typed.order === '') return photo ? done({ kind: 'done', order: null }) : missing('after', 'evidence_needed')
      const on = dayOf(typed)
      if (on === null) return missing('on', 'day_needed')
      return on > today ? missing('on', 'day_to_come') : done({ kind: 'done', order: { number: typed.order, on } })
    }
    case 'cannot':
      return cannot(typed, today, known)
  }
}

function cannot(typed: TypedAct, today: PlainDate, known: Known): { act: Act; issue: null } | { act: null; issue: ActIssue } {
  const missing = (field: string, key: string): { act: null; issue: ActIssue } => ({ act: null, issue: { field, key } })
  const ends = (why: WhyNot, fact: string, on: PlainDate | null = null): { act: Act; issue: null } => ({
    act: { kind: 'cannot', why, fact, on },
    issue: null,
  })
  const why = whyNot.find((each) => each === typed.why)
  if (!why) return missing('why', 'why_needed')
  if (why === 'not_ours') return known.authority(typed.authority) ? ends(why, typed.authority) : missing('authority', 'authority_needed')
  if (why === 'duplicate') {
    const of = parseReference(typed.of)
    return of === null || of === typed.reference ? missing('of', 'of_needed') : ends(why, of)
  }
  if (why !== 'referred') return ends(why, '')
  const on = dayOf(typed)
  if (typed.programme === '') return missing('programme', 'programme_needed')
  return on === null || on < today ? missing('on', 'programme_day_needed') : ends(why, typed.programme, on)
}

function dayOf({ day: { day, month, year } }: TypedAct): PlainDate | null {
  if (!/^\d{1,2}$/.test(day) || !/^\d{1,2}$/.test(month) || !/^\d{4}$/.test(year)) return null
  return parsePlainDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

/** What has become of a report since a crew member decided what to do with it. */
export type Moved = 'ended' | 'at_desk' | 'other_crew' | 'reopened'

/**
 * Whether an act still fits what the report is now: null when it does, else what happened meanwhile. Somebody joining, or the
 * same crew beginning, changes nothing for it; words fit always.
 */
export function movedSince(act: ActKind, seen: Seen, now: Seen): Moved | null {
  if (act === 'note') return null
  if (!openStates.some((state: ReportState) => state === now.state)) return 'ended'
  if (now.state === 'received') return 'at_desk'
  if (now.crew !== seen.crew) return 'other_crew'
  return now.reopened !== seen.reopened ? 'reopened' : null
}
