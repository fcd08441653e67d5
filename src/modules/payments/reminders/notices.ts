import { Problem } from '../../../kernel/problem.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { Job } from '../../../platform/jobs.ts'
import { transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { open } from '../../people/index.ts'
import { type Bill, instalmentsLeft, payableUntil } from '../bill.ts'
import { amountIn } from '../documents/invoice.ts'
import { contactOf } from '../mail/mail.ts'
import { billById, instalmentsOf } from '../store.ts'
import { billCode, type Treasury, within } from '../treasury.ts'
import * as store from './store.ts'

/** The job that writes one e-mail about what was agreed, asked or answered. */
export const NOTICES = 'payments:help_notices'

const PROGRAM = systemActor('mail')

/** What is told, by the event it tells of. */
type Notice = { readonly what: string; readonly key: string; readonly proposal: string | null }

const kinds = new Set(['planned', 'deferred', 'broken', 'received', 'approved', 'declined'])

/** The job: writes the e-mail in the payer's language and queues it; nothing when there is no address. */
export function noticeJob(treasury: Treasury): Job {
  return {
    name: NOTICES,
    async run(platform, payload) {
      const { bill: id, what, key, proposal } = payload
      if (typeof id !== 'string' || typeof key !== 'string' || typeof what !== 'string' || !kinds.has(what)) return
      const bill = await billById(platform.db, id)
      if (!bill) return
      try {
        await write(within(treasury, platform), bill, { what, key, proposal: typeof proposal === 'string' ? proposal : null })
      } catch (error) {
        // the payer was erased in the meantime: there is nobody to write to
        if (!(error instanceof Problem) || error.status !== 404) throw error
      }
    },
  }
}

/** What every letter and e-mail about a bill may say, in its payer's language. */
export function valuesOf(treasury: Treasury, bill: Bill, name: string) {
  const { platform, words } = treasury
  const { language } = bill
  const t = words.translator(language)
  const agency = platform.city.agencies.find((each) => each.id === bill.agency)
  return {
    name: name === '' ? t('payments.mail.name') : name,
    title: inLanguage(bill.title, language).text,
    reference: bill.reference,
    code: billCode(platform, bill.id),
    left: amountIn(bill, bill.outstanding, language),
    due: formatDay(bill.due_on, language),
    until: formatDay(payableUntil(bill), language),
    agency: inLanguage(agency?.name ?? platform.city.name, language).text,
    link: `${platform.publicOrigin}/pay`,
    page: `${platform.publicOrigin}/pay/bills/${bill.reference}`,
    help: `${platform.publicOrigin}/pay/bills/${bill.reference}/help`,
  }
}

async function write(treasury: Treasury, bill: Bill, notice: Notice): Promise<void> {
  const { platform, words } = treasury
  const personId = bill.person_id
  const payer = personId === null ? null : await contactOf(platform, bill, personId)
  if (personId === null || payer === null) return
  const t = words.translator(bill.language)
  const proposal = notice.proposal === null ? null : await store.proposalById(platform.db, notice.proposal)
  const parts = instalmentsLeft(await instalmentsOf(platform.db, bill.id), bill.paid).filter((part) => part.no > 0)
  const values = {
    ...valuesOf(treasury, bill, payer.name),
    asked: proposal ? t(`payments.help.asked.${proposal.kind}`) : '',
    answer: await answerOf(treasury, proposal?.answer_id ?? null),
    parts: parts.map((part) => `- ${formatDay(part.due_on, bill.language)}: ${amountIn(bill, part.amount, bill.language)}`).join('\n'),
  }
  const text = [t(`payments.help.${notice.what}.text`, values), values.answer, t('payments.mail.foot', values)].filter(
    (part) => part !== '',
  )
  const message = { personId, to: payer.email, language: bill.language, template: `bill-${notice.what}`, about: bill.id }
  await transact(platform, (tx) =>
    queueMessage(tx, {
      ...message,
      id: `bill-${notice.what}:${notice.key}`,
      subject: t(`payments.help.${notice.what}.subject`, values),
      text: text.join('\n\n'),
    }),
  )
}

async function answerOf({ platform }: Treasury, record: string | null): Promise<string> {
  if (record === null) return ''
  const { words } = await open(platform, PROGRAM, { record, fields: ['words'], purpose: 'message.compose', legalBasis: 'gdpr.6.1.e' })
  return typeof words === 'string' ? words : ''
}
