import { invariant, present } from '../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { isUuid } from '../../../kernel/id.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { sha256 } from '../../../platform/crypto.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, systemActor } from '../../access/index.ts'
import { createLetterRenderer, type House, type LetterRenderer } from '../../cases/index.ts'
import { accountHoldings, limitAttempts } from '../../identity/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { blindedPerson, createRecord, eraseRecord, notErased, openDocument, putDocument, type Reason } from '../../people/index.ts'
import { ownPerson } from '../access.ts'
import { removeLater } from './erase.ts'
import { type CopyParts, copyAsJson, type Digested } from './exportjson.ts'
import { copyAsLetter } from './exportpdf.ts'
import { EXPORT_KIND, type Everything, readEverything } from './gather.ts'
import * as store from './store.ts'

/** How long a copy can be downloaded, in days. */
export const COPY_DAYS = 7
/** How many copies somebody may ask for in a day: each opens everything. */
const COPIES_A_DAY = 5

const MAKE = 'privacy:export'
const reason: Reason = { purpose: 'privacy.export', legalBasis: 'gdpr.15' }
const exporter = systemActor('export')

/** Asks for a copy of everything; a job makes it. One that is being made is given back instead of a second. */
export async function askForCopy(platform: Platform, actor: Actor, language: string): Promise<string> {
  const personId = ownPerson(actor)
  const waiting = (await store.exportsOf(platform.db, personId)).find((each) => each.state === 'waiting')
  if (waiting) return waiting.id
  await limitAttempts(platform, `export:${personId}`, { max: COPIES_A_DAY, minutes: 24 * 60 })
  return transact(platform, async (tx) => {
    const id = tx.newId()
    await store.insertExport(tx.db, {
      id,
      person_id: personId,
      language,
      state: 'waiting',
      record_id: null,
      json_document: null,
      pdf_document: null,
      created_at: tx.now(),
      ready_at: null,
      expires_at: null,
    })
    await enqueue(tx, MAKE, { export: id }, { key: `export:${id}` })
    await record(tx, actor, { type: 'privacy.copy.asked', stream: id, subject: blindedPerson(tx, personId) })
    return id
  })
}

/** The copies that the actor asked for, the newest first. */
export function copiesOf(platform: Platform, actor: Actor): Promise<store.ExportRow[]> {
  return store.exportsOf(platform.db, ownPerson(actor))
}

/** The files of a copy. */
export const copyFormats = ['json', 'pdf'] as const
export type CopyFormat = (typeof copyFormats)[number]

/** A file of a copy for the person it is about. Throws 404 for anybody else, and 410 when its days are over. */
export async function copyFile(
  platform: Platform,
  actor: Actor,
  id: string,
  format: CopyFormat,
): Promise<{ name: string; mediaType: string; bytes: Uint8Array }> {
  const personId = ownPerson(actor)
  const found = isUuid(id) ? await store.exportById(platform.db, id) : null
  if (!found || found.person_id !== personId || found.state === 'waiting') throw notFound('copy')
  const document = format === 'json' ? found.json_document : found.pdf_document
  if (found.state === 'gone' || document === null || (found.expires_at !== null && found.expires_at <= platform.now())) {
    throw new Problem('privacy.copy-gone', 410, 'This copy was deleted, because its seven days are over. You can ask for a new one.')
  }
  const opened = await openDocument(platform, actor, document, { purpose: 'privacy.download', legalBasis: 'own' })
  return { name: `my-data-${found.created_at.toISOString().slice(0, 10)}.${format}`, ...opened }
}

/** The job that opens everything, writes it down twice and tells the person that it is there. */
export function copyJob(house: House, renderer: LetterRenderer = createLetterRenderer()): Job {
  return {
    name: MAKE,
    async run(platform, payload) {
      const asked = await store.exportById(platform.db, String(payload['export']))
      if (!asked || asked.state !== 'waiting') return
      // erased between asking and making: there is nobody to make it for
      if ((await notErased(platform, [asked.person_id])).length === 0) return
      await makeCopy({ ...house, platform }, asked, renderer)
    },
  }
}

async function makeCopy(house: House, asked: store.ExportRow, renderer: LetterRenderer): Promise<void> {
  const { platform } = house
  const personId = asked.person_id
  const everything = await readEverything({ house, actor: exporter, personId, reason })
  const consents = await store.consentsOf(platform.db, personId)
  const parts: CopyParts = {
    house,
    words: { t: house.messages.translator(asked.language), language: asked.language, city: platform.city },
    personId,
    madeAt: platform.now(),
    everything: { ...everything, documents: await digests(platform, everything.documents) },
    account: await accountHoldings(platform, personId),
    consents: consents.map((row) => ({
      consent: row.consent,
      version: String(row.version),
      act: row.act,
      language: row.language,
      wording: row.wording,
      at: row.at.toISOString(),
    })),
  }
  const json = Buffer.from(copyAsJson(parts))
  const pdf = renderer.render(copyAsLetter(parts, asked.id.slice(-12).toUpperCase()))
  const to = everything.profile.find((each) => each.field === 'email')?.value
  await transact(platform, async (tx) => {
    const locked = present(await store.exportById(tx.db, asked.id, true), 'the copy that is being made')
    if (locked.state !== 'waiting') return
    const record_id = await createRecord(tx, personId, EXPORT_KIND)
    const put = (name: string, mediaType: string, bytes: Uint8Array): Promise<string> =>
      putDocument(tx, personId, { name, mediaType, bytes }, record_id)
    const json_document = await put('my-data.json', 'application/json', json)
    const pdf_document = await put('my-data.pdf', 'application/pdf', pdf)
    const ready_at = tx.now()
    const expires_at = new Date(ready_at.getTime() + COPY_DAYS * 86_400_000)
    await store.updateExport(tx.db, asked.id, { state: 'ready', record_id, json_document, pdf_document, ready_at, expires_at })
    await record(tx, exporter, { type: 'privacy.copy.made', stream: asked.id, subject: blindedPerson(tx, personId) })
    if (typeof to === 'string' && to !== '') await tellReady(house, tx, asked, to)
  })
}

/** A copy that is being made has no hold on the files: their digests say which bytes are meant. */
async function digests(platform: Platform, documents: Everything['documents']): Promise<Digested[]> {
  const told: Digested[] = []
  for (const each of documents) {
    const opened = await openDocument(platform, exporter, each.id, reason).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null
      throw error
    })
    told.push({ ...each, sha256: opened === null ? null : sha256(opened.bytes) })
  }
  return told
}

async function tellReady(house: House, tx: Platform, asked: store.ExportRow, to: string): Promise<void> {
  const t = house.messages.translator(asked.language)
  await queueMessage(tx, {
    id: `copy:${asked.id}`,
    personId: asked.person_id,
    to,
    language: asked.language,
    template: 'copy-ready',
    subject: t('privacy.export.mail.subject'),
    text: t('privacy.export.mail.text', { link: `${tx.publicOrigin}/my/data/export`, days: COPY_DAYS }),
  })
}

/** Removes copies whose days are over. */
export const expireCopiesJob: Job = {
  name: 'privacy:expire_copies',
  cron: '17 * * * *',
  async run(platform) {
    for (const id of await store.expiredExports(platform.db, platform.now(), 500)) {
      await transact(platform, async (tx) => {
        const copy = await store.exportById(tx.db, id, true)
        if (!copy || copy.state !== 'ready') return
        invariant(copy.record_id !== null, 'a copy that is ready has its record')
        await removeLater(tx, await eraseRecord(tx, copy.record_id))
        await store.updateExport(tx.db, id, { state: 'gone', record_id: null, json_document: null, pdf_document: null })
        await record(tx, exporter, { type: 'privacy.copy.expired', stream: id, subject: blindedPerson(tx, copy.person_id) })
      })
    }
  },
}
