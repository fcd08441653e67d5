import { present } from '../../kernel/invariant.ts'
import type { Translate } from '../../platform/i18n.ts'
import { enqueue, type Job } from '../../platform/jobs.ts'
import { record } from '../../platform/journal/journal.ts'
import { today, transact } from '../../platform/platform.ts'
import { type Actor, systemActor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { queueMessage } from '../messages/index.ts'
import { erasePerson, eraseRecord, removeFiles } from '../people/index.ts'
import { ensureRecord, resumeCode } from './service.ts'
import * as store from './store.ts'

/** Sends the link and code by which an anonymous journey is found again. The code is not in the link. */
export async function sendResumeLink(house: House, actor: Actor, id: string, email: string, t: Translate, language: string): Promise<void> {
  const service = await serviceTitle(house, id, language)
  await transact(house.platform, async (tx) => {
    const journey = present(await store.journeyById(tx.db, id, true), 'the journey')
    const { personId } = await ensureRecord(tx, journey)
    await queueMessage(tx, {
      id: `resume:${tx.newId()}`,
      personId,
      to: email,
      language,
      template: 'resume',
      about: id,
      subject: t('journeys.mail.resume.subject', { service }),
      text: t('journeys.mail.resume.text', { service, link: `${tx.publicOrigin}/resume/${id}`, code: resumeCode(tx, id) }),
    })
    await record(tx, actor, { type: 'journeys.journey.saved', stream: id, data: { questions: [] } })
  })
}

async function serviceTitle(house: House, id: string, language: string): Promise<string> {
  const journey = present(await store.journeyById(house.platform.db, id), 'the journey')
  const { definition } = await house.catalogue.version(house.platform, journey.service_id, journey.version)
  return definition.title[language] ?? definition.title['en'] ?? definition.id
}

const DRAFTS = 'journeys:erase_drafts'

/** Erases drafts whose time is over: the person of an anonymous one, the answers of an account's. */
export function draftsJob(): Job {
  const actor = systemActor('drafts')
  return {
    name: DRAFTS,
    cron: '7 * * * *',
    async run(platform) {
      const ids = await store.expiredDrafts(platform.db, today(platform), 500)
      for (const id of ids) {
        const gone = await transact(platform, async (tx) => {
          const journey = await store.journeyById(tx.db, id, true)
          if (!journey || journey.state !== 'open') return null
          const files = journey.record_id ? await eraseRecord(tx, journey.record_id) : []
          await store.updateJourney(tx.db, id, { state: 'erased', record_id: null })
          await record(tx, actor, { type: 'journeys.journey.erased', stream: id, data: { reason: 'expired' } })
          return { files, personId: journey.account_id === null ? journey.person_id : null }
        })
        if (gone) await removeFiles(platform, gone.files)
        if (gone?.personId) await erasePerson(platform, actor, gone.personId, 'draft-expired')
      }
      if (ids.length === 500) await enqueue(platform, DRAFTS, {}, { key: DRAFTS })
    },
  }
}
