import { enqueue, type Job } from '../../platform/jobs.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Mail, type Mailer, MailRefused } from '../../platform/mail.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { invariant } from '../../kernel/invariant.ts'
import { systemActor } from '../access/index.ts'
import { createRecord, open, seal } from '../people/index.ts'
import * as store from './store.ts'

/** A message for a person: sent once for each `id`, in their language. */
export type NewMessage = {
  /** Made from the occasion, such as `case-granted:<case id>`. */
  readonly id: string
  readonly personId: string
  readonly to: string
  readonly language: string
  readonly template: string
  readonly subject: string
  readonly text: string
  /** The id of the case or journey it is about. */
  readonly about?: string
}

/** The job that hands a message to the mail server. */
export const SEND = 'messages:send'

/** Queues a message in the caller's transaction; nothing when this occasion already has one. */
export async function queueMessage(tx: Platform, message: NewMessage): Promise<void> {
  invariant(tx.inTransaction, 'messages are queued in the transaction of what they tell')
  if (await store.messageExists(tx.db, message.id)) return
  const recordId = await createRecord(tx, message.personId, 'message')
  const added = await store.insertMessage(tx.db, {
    id: message.id,
    person_id: message.personId,
    record_id: recordId,
    template: message.template,
    about: message.about ?? null,
    language: message.language,
    state: 'waiting',
    created_at: tx.now(),
    sent_at: null,
  })
  if (!added) return
  await seal(tx, recordId, { to: message.to, subject: message.subject, text: message.text })
  await enqueue(tx, SEND, { message: message.id }, { key: `message:${message.id}` })
}

/**
 * The job: opens the message as the mail system, hands it over, and notes that, or that its address takes no mail; then it
 * is not tried again. A message sent before is left alone.
 */
export function sendJob(mailer: Mailer): Job {
  const actor = systemActor('mail')
  return {
    name: SEND,
    async run(platform, payload) {
      const id = String(payload['message'])
      const message = await store.messageById(platform.db, id)
      if (!message || message.state !== 'waiting') return
      const content = await open(platform, actor, { record: message.record_id, purpose: 'message.send', legalBasis: 'gdpr.6.1.e' })
      await transact(platform, async (tx) => {
        if (!(await store.lockWaiting(tx.db, id))) return
        const taken = await handOver(mailer, {
          to: String(content['to']),
          subject: String(content['subject']),
          text: String(content['text']),
          language: message.language,
          id: message.record_id,
        })
        await store.setState(tx.db, id, taken ? 'sent' : 'undeliverable', tx.now())
        await record(tx, actor, {
          type: taken ? 'messages.message.sent' : 'messages.message.undeliverable',
          stream: message.about ?? message.record_id,
          counted: false,
          data: { message: message.record_id, template: message.template },
        })
      })
    },
  }
}

/** Whether the mail was taken; false when it never will be. Any other failure is thrown, and tried again. */
async function handOver(mailer: Mailer, mail: Mail): Promise<boolean> {
  try {
    await mailer.send(mail)
    return true
  } catch (error) {
    if (error instanceof MailRefused) return false
    throw error
  }
}
