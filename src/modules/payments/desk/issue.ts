import { Problem } from '../../../kernel/problem.ts'
import { isUuid } from '../../../kernel/id.ts'
import { addWorkingDays, type PlainDate } from '../../../kernel/time.ts'
import { cleanText } from '../../../kernel/text.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import type { Bill, Words } from '../bill.ts'
import { issueBill } from '../bills/issue.ts'
import { openItem } from '../items.ts'
import { readAmount } from '../pay/amount.ts'
import { billBySource } from '../store.ts'
import { tellBill, type Treasury, within } from '../treasury.ts'
import { line } from './acts.ts'
import { agenciesSeen, agencyFacts } from './door.ts'
import { dayOf } from './filter.ts'

/** The revenues that officers bill by hand; fees come from cases and taxes from assessments. */
export const handRevenues = ['fine', 'charge'] as const
/** Who pays a bill that is made by hand. */
export const handPayers = ['person', 'company', 'reference'] as const
/** How many lines the form has. */
export const LINES = 4
/** The most characters of how to object. */
export const APPEAL = 4_000

const program = systemActor('payments')

/** What is wrong with the form: the field, and the code of what to do about it. */
export type HandIssue = { readonly field: string; readonly code: string }

/** A bill as it was typed, complete; `key` makes it once. */
type HandBill = {
  readonly key: string
  readonly agency: string
  readonly revenue: (typeof handRevenues)[number]
  readonly payer: { readonly kind: 'person' | 'company'; readonly name: string; readonly email?: string; readonly address: string[] } | null
  readonly language: string
  readonly title: Words
  readonly law: Words | null
  /** How to object; there with every fine. */
  readonly appeal: Words | null
  readonly dueOn: PlainDate
  readonly lines: ReadonlyArray<{ readonly title: Words; readonly amount: bigint }>
}

/** The agencies for which somebody may make bills; throws 403 when there is none. */
export function handAgencies(treasury: Treasury, actor: Actor): readonly string[] {
  return agenciesSeen(treasury, actor, 'money.work')
}

/** The day that the form offers: the working days of the city's rules from today. */
export function usualDue({ platform, rules }: Treasury): PlainDate {
  return addWorkingDays(today(platform), rules.pay_within, platform.city.calendar)
}

/** What was typed, or everything that is wrong with it. */
function readHand(treasury: Treasury, form: unknown): { hand: HandBill; issues: null } | { hand: null; issues: HandIssue[] } {
  const { platform } = treasury
  const issues: HandIssue[] = []
  const miss = (field: string, code: string): void => void issues.push({ field, code })
  const key = textOf(form, 'key') ?? ''
  const revenue = handRevenues.find((each) => each === textOf(form, 'revenue'))
  const agency = platform.city.agencies.find(({ id }) => id === textOf(form, 'agency'))?.id
  const kind = handPayers.find((each) => each === textOf(form, 'payer'))
  const language = platform.city.languages.find(({ tag }) => tag === textOf(form, 'language'))?.tag
  const title = line(form, 'title', 200)
  const law = line(form, 'law', 300)
  const appeal = cleanText(textOf(form, 'appeal') ?? '')
    .trim()
    .slice(0, APPEAL)
  const dueOn = dayOf(form, 'due')
  const name = line(form, 'name', 200)
  const email = line(form, 'email', 200)
  if (!agency) miss('agency', 'choice')
  if (!revenue) miss('revenue', 'choice')
  if (!kind) miss('payer', 'choice')
  if (kind && kind !== 'reference' && name === '') miss('name', 'name')
  if (email !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) miss('email', 'email')
  if (!language) miss('language', 'choice')
  if (title === '') miss('title', 'title')
  if (revenue === 'fine' && appeal === '') miss('appeal', 'appeal')
  const lines = readLines(form, platform.city.currency, miss)
  if (dueOn === null) miss('due', 'day')
  else if (dueOn < today(platform)) miss('due', 'past')
  if (!isUuid(key) || !agency || !revenue || !kind || !language || dueOn === null || issues.length > 0) return { hand: null, issues }
  const address = (textOf(form, 'address') ?? '').split('\n').map((each) => each.trim()).filter((each) => each !== '').slice(0, 6) // prettier-ignore
  const payer = kind === 'reference' ? null : { kind, name, ...(email === '' ? {} : { email }), address }
  const inWords = (text: string): Words => ({ [language]: text })
  const said = {
    title: inWords(title),
    law: law === '' ? null : inWords(law),
    appeal: appeal === '' ? null : inWords(appeal),
    lines: lines.map((each) => ({ ...each, title: inWords(each.title) })),
  }
  return { hand: { key, agency, revenue, payer, language, dueOn, ...said }, issues: null }
}

function readLines(form: unknown, currency: string, miss: (field: string, code: string) => void): Array<{ title: string; amount: bigint }> {
  const lines = Array.from({ length: LINES }, (_, at) => {
    const [title, typed] = [line(form, `line-${at}`, 200), line(form, `amount-${at}`, 30)]
    if (title === '' && typed === '') return []
    const amount = readAmount(typed, currency)
    if (title === '') miss(`line-${at}`, 'line')
    if (amount === null || amount <= 0n) miss(`amount-${at}`, 'amount')
    return title !== '' && amount !== null && amount > 0n ? [{ title, amount }] : []
  }).flat()
  if (lines.length === 0) miss('line-0', 'lines')
  return lines
}

/**
 * Makes a bill by hand for an agency of the officer's, once for the form's key: sent twice, the second gives the same bill.
 * Gives what is wrong with the form instead of a bill. Throws 403 for another agency.
 */
export async function issueByHand(
  treasury: Treasury,
  actor: Actor,
  form: unknown,
): Promise<{ bill: Bill } | { issues: readonly HandIssue[] }> {
  handAgencies(treasury, actor)
  const { hand, issues } = readHand(treasury, form)
  if (issues !== null) return { issues }
  allow(actor, 'money.work', agencyFacts(treasury, hand.agency))
  if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  const key = `desk:${actor.accountId}:${hand.key}`
  const bill = await transact(treasury.platform, async (tx) => {
    const known = await billBySource(tx.db, key)
    return known ?? makeBill(within(treasury, tx), tx, actor, key, hand)
  })
  return { bill }
}

async function makeBill(treasury: Treasury, tx: Platform, actor: Actor, key: string, hand: HandBill): Promise<Bill> {
  const bill = await issueBill(treasury, program, {
    key,
    source: hand.revenue === 'fine' ? 'fine' : 'agency',
    sourceId: hand.key,
    agency: hand.agency,
    revenue: hand.revenue,
    payer: hand.payer,
    language: hand.language,
    currency: tx.city.currency,
    title: hand.title,
    ...(hand.law === null ? {} : { legalBasis: hand.law }),
    ...(hand.appeal === null ? {} : { appeal: hand.appeal }),
    dueOn: hand.dueOn,
    lines: hand.lines,
  })
  await tellBill(tx, actor, bill, 'payments.bill.made')
  if (hand.payer?.email === undefined) await openPrint(tx, bill)
  return bill
}

/** Nobody can be told of it by e-mail: its invoice, with the code, goes by post or over the counter. */
async function openPrint(tx: Platform, bill: Bill): Promise<void> {
  await openItem(tx, program, {
    key: `print:${bill.id}:issued`,
    kind: 'print',
    agency: bill.agency,
    bill: bill.id,
    amount: bill.outstanding,
    currency: bill.currency,
  })
}
