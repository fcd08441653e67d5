import { notFound, Problem } from '../../../kernel/problem.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { Job } from '../../../platform/jobs.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { escapeMarkdown } from '../../cases/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { amountIn } from '../documents/invoice.ts'
import { letterhead, linesOnSheet, recipientOf, type Sheet, transferBox } from '../documents/index.ts'
import { openItem } from '../items.ts'
import { contactOf } from '../mail/mail.ts'
import { billById, instalmentsOf, linesOf } from '../store.ts'
import { getBill, type Treasury, within } from '../treasury.ts'
import { baseOf } from './act.ts'
import { valuesOf } from './notices.ts'
import type { Reminder } from './reminder.ts'
import * as store from './store.ts'

/** The job that tells payers of the steps that a run did. */
export const LETTERS = 'payments:reminder_letters'

const PROGRAM = systemActor('mail')
const BATCH = 200

/**
 * The job: each step that nobody was told of becomes an e-mail, or a letter to print for whoever has none. What cannot be
 * told now stays and is tried again; the others are told all the same.
 */
export function letterJob(treasury: Treasury): Job {
  return {
    name: LETTERS,
    async run(platform) {
      const on = within(treasury, platform)
      let failed: unknown = null
      let after: Reminder | null = null
      for (;;) {
        const rows: Reminder[] = await store.untold(platform.db, BATCH, after)
        for (const reminder of rows)
          try {
            await tell(on, reminder)
          } catch (error) {
            failed = error
          }
        after = rows.at(-1) ?? null
        if (after === null || rows.length < BATCH) break
      }
      if (failed !== null) throw failed
    },
  }
}

async function tell(treasury: Treasury, reminder: Reminder): Promise<void> {
  const { platform } = treasury
  const bill = await billById(platform.db, reminder.bill_id)
  const personId = bill?.person_id ?? null
  // whoever has paid meanwhile is not reminded of it
  if (!bill || personId === null || bill.state !== 'open') return void (await store.setTold(platform.db, reminder, 'none'))
  const payer = await known(() => contactOf(platform, bill, personId))
  const values = await saidOf(treasury, bill, reminder, payer?.name ?? '')
  const t = treasury.words.translator(bill.language)
  await transact(platform, async (tx) => {
    if (!(await store.setTold(tx.db, reminder, payer ? 'mail' : 'post'))) return
    if (payer)
      await queueMessage(tx, {
        id: `bill-reminded:${bill.id}:${reminder.step}`,
        personId,
        to: payer.email,
        language: bill.language,
        template: `bill-${reminder.kind}`,
        about: bill.id,
        subject: t(`payments.remind.${reminder.kind}.subject`, values),
        text: [...bodyOf(treasury, bill, reminder, values), t('payments.remind.pay', values), t('payments.mail.foot', values)].join('\n\n'),
      })
    else
      await openItem(tx, PROGRAM, {
        key: `print:${bill.id}:${reminder.step}`,
        kind: 'print',
        agency: bill.agency,
        bill: bill.id,
        amount: reminder.owed,
        currency: bill.currency,
        story: { step: reminder.step },
      })
  })
}

/** Null as well when the payer was erased: then the post is all that is left. */
async function known<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

async function saidOf(treasury: Treasury, bill: Bill, reminder: Reminder, name: string) {
  const parts = await instalmentsOf(treasury.platform.db, bill.id)
  return {
    ...valuesOf(treasury, bill, name),
    until: formatDay(baseOf({ bill, parts }), bill.language),
    owed: amountIn(bill, reminder.owed, bill.language),
    fee: amountIn(bill, reminder.fee, bill.language),
    interest: amountIn(bill, reminder.interest, bill.language),
    day: formatDay(reminder.day, bill.language),
  }
}

/** What a reminder says, part by part: what is owed, the ways to get help, and only then what comes next. */
function bodyOf(treasury: Treasury, bill: Bill, reminder: Reminder, values: Readonly<Record<string, string>>): string[] {
  const t = treasury.words.translator(bill.language)
  return [
    t(`payments.remind.${reminder.kind}.text`, values),
    t('payments.remind.help', values),
    ...(bill.appeal ? [`${t('payments.remind.appeal')}\n${inLanguage(bill.appeal, bill.language).text}`] : []),
    ...(reminder.fee > 0n ? [t('payments.remind.with_fee', values)] : []),
    ...(reminder.interest > 0n ? [t('payments.remind.with_interest', values)] : []),
    t(`payments.remind.${reminder.kind}.next`, values),
  ]
}

/** The letter of a step for the post; the payer's name and address are opened through the vault. Throws 404 when there was no such step. */
export async function reminderLetter(treasury: Treasury, actor: Actor, billId: string, step: number): Promise<Sheet> {
  const bill = await getBill(treasury.platform, billId)
  allow(actor, 'money.work', billFacts(bill, treasury.rules.treasury))
  const reminder = await store.reminderOf(treasury.platform.db, bill.id, step)
  if (!reminder || reminder.kind === 'overdue') throw notFound('reminder')
  const { language } = bill
  const t = treasury.words.translator(language)
  const recipient = await recipientOf(treasury, actor, bill)
  const values = await saidOf(treasury, bill, reminder, recipient?.name ?? '')
  const law = treasury.rules.reminders[bill.revenue]?.law
  return {
    ...letterhead(treasury, bill, language, recipient),
    title: t(`payments.remind.${reminder.kind}.subject`, values),
    date: values.day,
    facts: [
      { label: t('payments.invoice.owed'), value: values.owed },
      ...(law ? [{ label: t('payments.invoice.law'), value: inLanguage(law, language).text }] : []),
    ],
    lead: '',
    lines: linesOnSheet({ bill, lines: await linesOf(treasury.platform.db, bill.id) }, t),
    pay: transferBox(treasury, bill, language),
    sections: [
      {
        title: values.title,
        body: [...bodyOf(treasury, bill, reminder, values), t('payments.remind.code', values)].map(escapeMarkdown).join('\n\n'),
      },
    ],
  }
}
