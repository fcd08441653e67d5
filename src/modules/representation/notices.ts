import { inLanguage } from '../../kernel/text.ts'
import { formatDay, formatInstant } from '../../kernel/time.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Messages } from '../../platform/i18n.ts'
import type { Job } from '../../platform/jobs.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import { accountFacts, accountOfPerson, staffNames } from '../identity/index.ts'
import { queueMessage } from '../messages/index.ts'
import { open, profileOf } from '../people/index.ts'
import * as store from './store.ts'

/** The job that tells one of the two sides by mail. */
export const NOTIFY = 'representation:notify'

/** What the two sides are told of. */
export type Occasion = 'asked' | 'granted' | 'refused' | 'ended' | 'ending' | 'helped'

type Notice = {
  readonly personId: string
  readonly language: string
  readonly occasion: Occasion
  readonly to: 'holder' | 'person'
  readonly about: string
  readonly values: Readonly<Record<string, string>>
}

/** The job: writes to the side that is named; nothing when it has no account or no address. */
export function notifyJob(messages: Messages): Job {
  return {
    name: NOTIFY,
    async run(platform, payload) {
      const occasion = payload['occasion'] as Occasion
      const to = payload['to'] === 'holder' ? 'holder' : 'person'
      try {
        const notice =
          typeof payload['assistance'] === 'string'
            ? await ofAssistance(platform, payload['assistance'], occasion)
            : await ofMandate(platform, String(payload['mandate']), occasion, to)
        if (notice !== null) await send(platform, messages, notice)
      } catch (error) {
        // the person was erased in the meantime: there is nobody to write to
        if (!(error instanceof Problem) || error.status !== 404) throw error
      }
    },
  }
}

async function ofMandate(platform: Platform, id: string, occasion: Occasion, to: 'holder' | 'person'): Promise<Notice | null> {
  const mandate = await store.mandateById(platform.db, id)
  if (!mandate) return null
  const side = to === 'holder' ? await accountFacts(platform, mandate.holder_account) : await sideOf(platform, mandate.person_id)
  if (!side) return null
  const link = `${platform.publicOrigin}/my/mandates/${id}`
  const values = { reference: mandate.reference, until: formatDay(mandate.ends_on, side.language), link }
  return { personId: side.personId, language: side.language, occasion, to, about: id, values }
}

async function ofAssistance(platform: Platform, id: string, occasion: Occasion): Promise<Notice | null> {
  const row = await store.assistanceById(platform.db, id)
  const side = row ? await sideOf(platform, row.person_id) : null
  if (!row || !side) return null
  const names = await staffNames(platform, [row.helper_account])
  const values = {
    helper: names.get(row.helper_account) ?? '',
    began: formatInstant(row.began_at, side.language, platform.city.timeZone),
    ends: formatInstant(row.ends_at, side.language, platform.city.timeZone),
    link: `${platform.publicOrigin}/my/help`,
  }
  return { personId: side.personId, language: side.language, occasion, to: 'person', about: id, values }
}

async function sideOf(platform: Platform, personId: string | null): Promise<{ personId: string; language: string } | null> {
  const account = personId === null ? null : await accountOfPerson(platform, personId)
  return account && personId !== null ? { personId, language: account.language } : null
}

async function send(platform: Platform, messages: Messages, notice: Notice): Promise<void> {
  const recordId = await transact(platform, (tx) => profileOf(tx, notice.personId))
  const profile = await open(platform, systemActor('mail'), {
    record: recordId,
    fields: ['email'],
    purpose: 'mandate.notify',
    legalBasis: 'gdpr.6.1.e',
  })
  const email = profile['email']
  if (typeof email !== 'string' || email === '') return
  const t = messages.translator(notice.language)
  const values = { ...notice.values, city: inLanguage(platform.city.name, notice.language).text }
  const key = `representation.mail.${notice.occasion}.${notice.to}`
  await transact(platform, (tx) =>
    queueMessage(tx, {
      id: `representation:${notice.about}:${notice.occasion}:${notice.to}`,
      personId: notice.personId,
      to: email,
      language: notice.language,
      template: 'representation',
      subject: t(`${key}.subject`, values),
      text: t(`${key}.text`, values),
    }),
  )
}
