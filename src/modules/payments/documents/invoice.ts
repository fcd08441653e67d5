import { Problem } from '../../../kernel/problem.ts'
import { formatMoney } from '../../../kernel/money.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { Translate } from '../../../platform/i18n.ts'
import type { Actor } from '../../access/index.ts'
import { escapeMarkdown } from '../../cases/index.ts'
import { epcQr, printedReference } from '../../iso20022/index.ts'
import { open } from '../../people/index.ts'
import { type Bill, type BillLine, type Instalment, instalmentsLeft, payableUntil, type Words } from '../bill.ts'
import * as bills from '../store.ts'
import { billCode, type Treasury } from '../treasury.ts'
import type { Sheet } from './sheet.ts'

/** The payer as a document names them; null when nobody is named. */
export type Recipient = Sheet['recipient']

/** What an invoice is made from. */
export type InvoiceParts = {
  readonly bill: Bill
  readonly lines: readonly BillLine[]
  readonly instalments: readonly Instalment[]
  readonly recipient: Recipient
}

/** Reads what an invoice is made from; the payer's name is opened through the vault. */
export async function invoiceParts(treasury: Treasury, actor: Actor, bill: Bill): Promise<InvoiceParts> {
  const { db } = treasury.platform
  const [lines, instalments, recipient] = await Promise.all([
    bills.linesOf(db, bill.id),
    bills.instalmentsOf(db, bill.id),
    recipientOf(treasury, actor, bill),
  ])
  return { bill, lines, instalments, recipient }
}

/** Opens the payer's name and postal address; null for a bill without a name, and when the payer was erased. */
export async function recipientOf({ platform }: Treasury, actor: Actor, bill: Bill): Promise<Recipient> {
  if (bill.record_id === null) return null
  const legalBasis = actor.personId !== null && actor.personId === bill.person_id ? 'own' : 'gdpr.6.1.e'
  try {
    const ask = { record: bill.record_id, fields: ['name', 'address'], purpose: 'bill.document', legalBasis }
    const { name, address } = await open(platform, actor, ask)
    if (typeof name !== 'string' || name === '') return null
    return { name, lines: typeof address === 'string' ? address.split('\n') : [] }
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

/** What every document about a bill has in common, in a language: letterhead, payer, numbers. */
export function letterhead(
  { platform: { city }, words }: Treasury,
  bill: Pick<Bill, 'agency' | 'reference'>,
  language: string,
  recipient: Recipient,
): Omit<Sheet, 'title' | 'date' | 'facts' | 'lead' | 'lines' | 'pay' | 'sections'> {
  const t = words.translator(language)
  const agency = city.agencies.find((each) => each.id === bill.agency)
  const say = (text: Words): string => inLanguage(text, language).text
  return {
    language,
    city: say(city.name),
    agency: say(agency?.name ?? city.name),
    agencyAddress: say(agency?.address ?? city.contact.address),
    colour: city.colour,
    logo: city.logo,
    recipient,
    reference: bill.reference,
    watermark: null,
    words: {
      page: t('payments.sheet.page', { page: '{n}', pages: '{m}' }),
      reference: t('payments.sheet.reference'),
      date: t('payments.sheet.date'),
    },
  }
}

/** The invoice of a bill in its payer's language: what is owed, by which law, until when, how to pay, how to object. */
export function composeInvoice(treasury: Treasury, parts: InvoiceParts): Sheet {
  const { bill } = parts
  const { language } = bill
  const t = treasury.words.translator(language)
  const say = (text: Words): string => inLanguage(text, language).text
  const until = formatDay(payableUntil(bill), language)
  return {
    ...letterhead(treasury, bill, language, parts.recipient),
    title: t('payments.invoice.title', { title: say(bill.title) }),
    date: formatDay(bill.issued_on, language),
    facts: [
      ...(bill.state === 'open' ? [{ label: t('payments.invoice.until'), value: until }] : []),
      { label: t('payments.invoice.owed'), value: amountIn(bill, bill.outstanding, language) },
      ...(bill.legal_basis ? [{ label: t('payments.invoice.law'), value: say(bill.legal_basis) }] : []),
    ],
    lead: bill.state === 'open' ? t('payments.invoice.lead') : t('payments.invoice.lead_closed'),
    lines: linesOnSheet(parts, t),
    pay: transferBox(treasury, bill, language),
    sections: [
      ...(parts.instalments.length > 0 ? [{ title: t('payments.invoice.instalments'), body: instalmentList(parts) }] : []),
      ...(bill.state === 'open' ? [{ title: t('payments.invoice.online'), body: onlineText(treasury, bill, t) }] : []),
      ...(bill.appeal ? [{ title: t('payments.invoice.appeal'), body: say(bill.appeal) }] : []),
    ],
  }
}

/** What a bill is made of and what is left of it, for its invoice and its reminders. */
export function linesOnSheet({ bill, lines }: Pick<InvoiceParts, 'bill' | 'lines'>, t: Translate): Sheet['lines'] {
  const { language } = bill
  const sum = (key: string, amount: bigint) => ({ title: t(key), amount: amountIn(bill, amount, language) })
  return {
    what: t('payments.invoice.what'),
    amount: t('payments.invoice.amount'),
    rows: lines.map((line) => ({
      title: inLanguage(line.title, language).text,
      note: line.law,
      amount: amountIn(bill, line.amount, language),
    })),
    sums: [
      sum('payments.invoice.total', bill.total),
      ...(bill.waived > 0n ? [sum('payments.invoice.waived', -bill.waived)] : []),
      ...(bill.paid > 0n ? [sum('payments.invoice.paid', -bill.paid)] : []),
      ...(bill.waived > 0n || bill.paid > 0n ? [sum('payments.invoice.left', bill.outstanding)] : []),
    ],
  }
}

/** How to pay what is left of a bill by transfer, with the code for bank apps; null when nothing is owed. */
export function transferBox(treasury: Treasury, bill: Bill, language: string): Sheet['pay'] {
  if (bill.state !== 'open' || bill.outstanding <= 0n) return null
  const t = treasury.words.translator(language)
  const { name, iban, bic } = treasury.rules.creditor
  return {
    title: t('payments.transfer.title'),
    text: t('payments.transfer.text'),
    rows: [
      { label: t('payments.transfer.name'), value: name },
      { label: 'IBAN', value: iban.replaceAll(/(.{4})(?=.)/g, '$1 '), code: true },
      ...(bic ? [{ label: 'BIC', value: bic, code: true }] : []),
      { label: t('payments.transfer.reference'), value: printedReference(bill.creditor_reference), code: true },
      { label: t('payments.invoice.amount'), value: amountIn(bill, bill.outstanding, language) },
    ],
    code: transferCode(treasury, bill),
    alt: t('payments.transfer.alt'),
    scan: t('payments.transfer.scan'),
  }
}

/** The text of the EPC QR code for what is left of a bill; null for a currency that has none. */
export function transferCode({ rules: { creditor } }: Pick<Treasury, 'rules'>, bill: Bill): string | null {
  if (bill.outstanding <= 0n) return null
  const { name, iban, bic } = creditor
  const payee = { name, iban, amount: bill.outstanding, currency: bill.currency, reference: bill.creditor_reference }
  return epcQr({ ...payee, ...(bic ? { bic } : {}) })
}

function instalmentList({ bill, instalments }: InvoiceParts): string {
  const rows = instalmentsLeft(instalments, bill.paid).map((part) => {
    const day = escapeMarkdown(formatDay(part.due_on, bill.language))
    return `- ${day}: **${escapeMarkdown(amountIn(bill, part.amount, bill.language))}**`
  })
  return rows.join('\n')
}

function onlineText(treasury: Treasury, bill: Bill, t: Translate): string {
  const address = `${treasury.platform.publicOrigin}/pay`.replace(/^https?:\/\//, '')
  return t('payments.invoice.online_text', {
    address: escapeMarkdown(address),
    code: `\u2066${escapeMarkdown(billCode(treasury.platform, bill.id))}\u2069`,
  })
}

/** An amount of a bill's currency in a language. */
export function amountIn(bill: Pick<Bill, 'currency'>, amount: bigint, language: string): string {
  return formatMoney({ amount, currency: bill.currency }, language)
}
