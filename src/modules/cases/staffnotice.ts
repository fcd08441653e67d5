import { inLanguage } from '../../kernel/text.ts'
import { formatDay } from '../../kernel/time.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Job } from '../../platform/jobs.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import { transact } from '../../platform/platform.ts'
import { accountAddress, accountFacts, supervisorsOf } from '../identity/index.ts'
import { queueMessage } from '../messages/index.ts'
import type { Case } from './case.ts'
import { getCase, type House, serviceOf } from './house.ts'

/** The job that writes to those who work on a case that is late or soon will be. */
export const NOTIFY_STAFF = 'cases:notify_staff'

const occasions = ['warned', 'escalated'] as const
type Occasion = (typeof occasions)[number]

/** What staff are written to about, by what happened; null for everything else. */
export function staffOccasion(event: JournalEvent): Occasion | null {
  if (event.type === 'cases.case.warned') return 'warned'
  return event.type === 'cases.case.overdue' && event.data['silence'] === 'escalate' ? 'escalated' : null
}

/**
 * The job: writes to the officer that a deadline is near, or to the officer and the supervisors of the agency that it has
 * passed; each once for each event, in their language. The mail names the case and its deadline, and nobody's data.
 */
export function staffNoticeJob(house: House): Job {
  return {
    name: NOTIFY_STAFF,
    async run(platform, payload) {
      const what = occasions.find((each) => each === payload['what'])
      const inside = { ...house, platform }
      const current = await getCase(platform, textIn(payload, 'case'))
      // what was decided or stands still in the meantime is nobody's hurry
      if (!what || current.closed_at !== null || current.paused_since !== null) return
      for (const account of await recipients(inside, what, current)) {
        try {
          await writeTo(inside, { account, what, event: textIn(payload, 'event') }, current)
        } catch (error) {
          // the account was closed in the meantime
          if (!(error instanceof Problem) || error.status !== 404) throw error
        }
      }
    },
  }
}

async function recipients({ platform }: House, what: Occasion, current: Case): Promise<Set<string>> {
  const officer = current.officer === null ? [] : [current.officer]
  return new Set(what === 'warned' ? officer : [...officer, ...(await supervisorsOf(platform, current.agency))])
}

async function writeTo(house: House, to: { account: string; what: Occasion; event: string }, current: Case): Promise<void> {
  const { platform } = house
  const facts = await accountFacts(platform, to.account)
  if (facts?.status !== 'active' || current.deadline === null) return
  const address = await accountAddress(platform, facts.personId)
  if (address === null) return
  const { language } = facts
  const t = house.messages.translator(language)
  const values = {
    reference: current.reference,
    service: inLanguage((await serviceOf(house, current)).definition.title, language).text,
    deadline: formatDay(current.deadline, language),
    link: `${platform.publicOrigin}/officer/cases/${current.id}`,
  }
  await transact(platform, (tx) =>
    queueMessage(tx, {
      id: `staff-${to.what}:${to.event}:${to.account}`,
      personId: facts.personId,
      to: address,
      language,
      template: `staff-${to.what}`,
      subject: t(`cases.staffmail.${to.what}.subject`, values),
      text: t(`cases.staffmail.${to.what}.text`, values),
    }),
  )
}
