import { inLanguage } from '../../kernel/text.ts'
import { formatDay } from '../../kernel/time.ts'
import { Problem } from '../../kernel/problem.ts'
import { compileMessage } from '../../platform/i18n.ts'
import { enqueue, type Job } from '../../platform/jobs.ts'
import type { JournalEvent } from '../../platform/journal/event.ts'
import type { Subscriber } from '../../platform/journal/subscribers.ts'
import { transact } from '../../platform/platform.ts'
import { SEED_CHANNEL, systemActor } from '../access/index.ts'
import { queueMessage } from '../messages/index.ts'
import { open } from '../people/index.ts'
import { outcomes } from '../servicefile/index.ts'
import { addressOf, nameIn } from './contact.ts'
import { getCase, type House, type OpenedCase, openCaseAnswers, trackingCode } from './house.ts'
import { legalBasisOf } from './read.ts'
import { NOTIFY_STAFF, staffOccasion } from './staffnotice.ts'
import * as store from './store.ts'

/** The job that writes one message about a case. */
export const NOTIFY = 'cases:notify'

const PURPOSE = 'message.compose'
const MAIL = systemActor('mail')

/** What happens with a reason that the message tells too. */
const GIVES_REASON = new Set(['cases.case.decided', 'cases.letter.revoked'])

/** Asks for a message for everything about a case that its resident or its staff should know; once for each event. */
export const notifySubscriber: Subscriber = {
  name: 'cases.notify',
  types: [
    'cases.case.submitted',
    'cases.case.decided',
    'cases.information.requested',
    'cases.message.written',
    'cases.message.due',
    'cases.letter.revoked',
    'cases.letter.suspended',
    'cases.letter.reinstated',
    'cases.case.overdue',
    'cases.case.warned',
  ],
  async handle(tx, events) {
    for (const event of events) {
      // what the demo city invented did not happen to anybody
      if (event.channel === SEED_CHANNEL) continue
      const what = staffOccasion(event)
      if (what) await enqueue(tx, NOTIFY_STAFF, { case: event.stream, event: event.id, what }, { key: `notify-staff:${event.id}` })
      const template = templateFor(event)
      if (template === null) continue
      const reason = GIVES_REASON.has(event.type) ? event.data['reason'] : undefined
      const letter = event.type.startsWith('cases.letter.') ? event.data['template'] : undefined
      await enqueue(
        tx,
        NOTIFY,
        { case: event.stream, event: event.id, template, ...(reason ? { reason } : {}), ...(letter ? { letter } : {}) },
        { key: `notify:${event.id}` },
      )
    }
  },
}

function templateFor(event: JournalEvent): string | null {
  const { data } = event
  switch (event.type) {
    case 'cases.case.submitted':
      return 'submitted'
    case 'cases.case.decided':
      return String(data['outcome'])
    case 'cases.information.requested':
      return 'information_requested'
    case 'cases.message.written':
      return data['to'] === 'resident' ? 'message_written' : null
    case 'cases.message.due':
      return String(data['template'])
    case 'cases.letter.revoked':
      return 'revoked'
    case 'cases.letter.suspended':
      return 'suspended'
    case 'cases.letter.reinstated':
      return 'reinstated'
    case 'cases.case.overdue':
      // deemed approval tells itself: its decision is a message of its own
      return data['silence'] === 'escalate' ? 'overdue' : null
    default:
      return null
  }
}

/** The job: writes the message in the language of the case and queues it; nothing when there is no address. */
export function notifyJob(house: House): Job {
  return {
    name: NOTIFY,
    async run(platform, payload) {
      const { case: caseId, event, template, reason, letter } = payload
      if (typeof caseId !== 'string' || typeof event !== 'string' || typeof template !== 'string') return
      try {
        await notify(
          { ...house, platform },
          {
            caseId,
            event,
            template,
            reason: typeof reason === 'string' ? reason : null,
            letter: typeof letter === 'string' ? letter : null,
          },
        )
      } catch (error) {
        // the person was erased in the meantime: there is nobody to write to
        if (!(error instanceof Problem) || error.status !== 404) throw error
      }
    },
  }
}

/** The messages that tell of the end of a case. */
const CLOSES: ReadonlySet<string> = new Set(outcomes)

type Occasion = {
  readonly caseId: string
  readonly event: string
  readonly template: string
  readonly reason: string | null
  /** The template of the letter that it is about, if it is about one. */
  readonly letter: string | null
}

async function notify(house: House, occasion: Occasion): Promise<void> {
  const { platform } = house
  const current = await getCase(platform, occasion.caseId)
  const opened = await openCaseAnswers(house, MAIL, current, PURPOSE)
  const to = await addressOf(platform, MAIL, opened, PURPOSE)
  if (to === null) return
  const language = languageOf(house, opened, occasion.template)
  const written = compose(house, opened, { ...occasion, language }, await valuesFor(house, opened, occasion, language))
  if (!written) return
  const more = CLOSES.has(occasion.template) ? await house.wishes?.closingLine(platform, current.person_id, language) : null
  await transact(platform, (tx) =>
    queueMessage(tx, {
      id: `${occasion.template}:${occasion.event}`,
      personId: current.person_id,
      to,
      language,
      template: occasion.template,
      about: current.id,
      ...written,
      text: more ? `${written.text}\n\n${more}` : written.text,
    }),
  )
}

/**
 * The language of a message: the case's when it has words for this occasion, else the one that they are in. Everything in
 * it is said in this one, as its header says.
 */
function languageOf({ messages }: House, { current, service }: OpenedCase, template: string): string {
  const own = service.definition.messages[template]
  if (own) return inLanguage(own.body, current.language).lang
  return messages.languages.includes(current.language) ? current.language : 'en'
}

async function valuesFor(house: House, opened: OpenedCase, occasion: Occasion, language: string): Promise<Record<string, string>> {
  const { platform } = house
  const { current, service } = opened
  const t = house.messages.translator(language)
  const letters = await store.lettersOf(platform.db, current.id)
  const until = letters.findLast((letter) => letter.valid_until !== null)?.valid_until ?? null
  const entry =
    occasion.reason === null ? undefined : (await store.entriesOf(platform.db, current.id)).find((each) => each.id === occasion.reason)
  const letter = service.definition.documents.find((each) => each.id === occasion.letter)?.title
  const reason = entry ? await open(platform, MAIL, { record: entry.record_id, purpose: PURPOSE, legalBasis: legalBasisOf(service) }) : {}
  return {
    name: nameIn(opened) ?? t('cases.mail.name'),
    reference: current.reference,
    code: trackingCode(platform, current.id),
    link: `${platform.publicOrigin}/cases/${current.reference}`,
    reason: typeof reason['text'] === 'string' ? reason['text'] : '',
    service: inLanguage(service.definition.title, language).text,
    letter: letter ? inLanguage(letter, language).text : t('cases.letters.decision'),
    until: until === null ? '' : formatDay(until, language),
    deadline: current.deadline === null ? t('cases.deadline.none') : formatDay(current.deadline, language),
  }
}

/** The service's own words for this occasion, else the house's; null when neither has any. */
function compose(
  house: House,
  { service }: OpenedCase,
  { template, language }: { readonly template: string; readonly language: string },
  values: Readonly<Record<string, string>>,
): { subject: string; text: string } | null {
  const own = service.definition.messages[template]
  if (own) {
    const say = (words: Readonly<Record<string, string>>): string => {
      const found = inLanguage(words, language)
      return compileMessage(found.lang, found.text)(values)
    }
    return { subject: say(own.subject), text: say(own.body) }
  }
  const key = `cases.mail.${template}`
  if (!house.messages.has(`${key}.subject`)) return null
  const t = house.messages.translator(language)
  const reason = values['reason'] ? `\n\n${t('cases.mail.reason')}\n${values['reason']}` : ''
  return { subject: t(`${key}.subject`, values), text: `${t(`${key}.text`, values)}${reason}\n\n${t('cases.mail.foot', values)}` }
}
