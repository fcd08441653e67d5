import { amountOf, currencies, type Currencies, dayOf, detailOf, directionOf, entryOf, type Fail, unitsOf } from './camtentry.ts'
import { grammarOf } from './grammar.ts'
import { isTrue, minorUnits } from './lexical.ts'
import { type Limits, limitsOf } from './limits.ts'
import { all, find, textAt, type XmlNode } from './node.ts'
import type { Balance, Entry, Place, StatementHead, StatementTotals, Summary } from './shapes.ts'
import { pieces, Walker } from './walk.ts'

/** What is done with what is read; the reader waits for what these return. All of it is void when the reader throws. */
export type CamtReader = {
  readonly onStatement?: (head: StatementHead) => Promise<void> | void
  readonly onEntry?: (entry: Entry, place: Place) => Promise<void> | void
  readonly limits?: Limits
}

/** The namespace of the one version that is read and written. */
export const CAMT053 = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'

/**
 * Reads a camt.053.001.08 message as it comes, in memory that does not grow with it. Everything is held against the message
 * definition; amounts against their currency; opening balance, booked entries and closing balance against one another, and
 * against TxsSummry where there is one. Throws MessageFault at the first fault: whatever was handed out before is then void.
 */
export async function readCamt053(chunks: AsyncIterable<Uint8Array>, reader: CamtReader): Promise<Summary> {
  const limits = limitsOf(reader.limits)
  const ready: Array<() => Promise<void> | void> = []
  const reading = new Statements(limits, {
    onStatement: (head) => void ready.push(() => reader.onStatement?.(head)),
    onEntry: (entry, place) => void ready.push(() => reader.onEntry?.(entry, place)),
  })
  const walker = new Walker(grammarOf(CAMT053, 'BkToCstmrStmt', 'BankToCustomerStatementV08'), reading.takers(), limits)
  for await (const chunk of chunks) {
    for (const piece of pieces(chunk)) {
      walker.write(piece)
      for (const hand of ready.splice(0)) await hand()
    }
  }
  walker.end()
  for (const hand of ready.splice(0)) await hand()
  return reading.summary()
}

/** How many entries and what they sum up to. */
type Sums = { count: number; creditCount: number; credits: bigint; debits: bigint }
/** The statement under way: sums of what is booked, and of every entry whatever its status. */
type Running = { readonly head: StatementHead; readonly booked: Sums; readonly all: Sums; pending: number }
/** Where what was read goes to; it is handed on after each piece. */
type Out = { readonly onStatement: (head: StatementHead) => void; readonly onEntry: (entry: Entry, place: Place) => void }

/** The statements of one message while it is read. */
class Statements {
  readonly #limits: Required<Limits>
  readonly #out: Out
  readonly #digits: Currencies = currencies()
  readonly #done: StatementTotals[] = []
  #running: Running | null = null
  #entries = 0
  #details = 0
  #message = { id: '', at: '' }

  constructor(limits: Required<Limits>, out: Out) {
    this.#limits = limits
    this.#out = out
  }

  takers() {
    return {
      GroupHeader81: (node: XmlNode) => {
        this.#message = { id: textAt(node, 'MsgId') ?? '', at: textAt(node, 'CreDtTm') ?? '' }
        return null
      },
      EntryTransaction10: (node: XmlNode, _above: XmlNode, fail: Fail) => {
        this.#details += 1
        if (this.#details > this.#limits.details) fail('limit', `an entry has more than ${this.#limits.details} transactions`)
        return detailOf(node, this.#digits, fail)
      },
      ReportEntry10: (node: XmlNode, above: XmlNode, fail: Fail) => this.#entry(node, above, fail),
      AccountStatement9: (node: XmlNode, _above: XmlNode, fail: Fail) => this.#ended(node, fail),
    }
  }

  summary(): Summary {
    return { messageId: this.#message.id, createdAt: this.#message.at, statements: this.#done }
  }

  #begun(statement: XmlNode, fail: Fail): Running {
    if (this.#running) return this.#running
    const head = headOf(statement, this.#message, this.#digits, fail)
    this.#out.onStatement(head)
    this.#running = { head, booked: noSums(), all: noSums(), pending: 0 }
    return this.#running
  }

  #entry(node: XmlNode, above: XmlNode, fail: Fail): null {
    const running = this.#begun(above, fail)
    const entry = entryOf(node, this.#digits, fail)
    if (entry.currency !== running.head.currency) fail('currency', `an entry of this account is in ${running.head.currency}`, node)
    this.#entries += 1
    this.#details = 0
    if (this.#entries > this.#limits.entries) fail('limit', `the message has more than ${this.#limits.entries} entries`)
    if (entry.status === 'PDNG') running.pending += 1
    if (entry.status === 'BOOK') count(running.booked, entry)
    count(running.all, entry)
    this.#out.onEntry(entry, { statement: this.#done.length + 1, entry: running.all.count, line: node.line })
    return null
  }

  #ended(node: XmlNode, fail: Fail): null {
    const running = this.#begun(node, fail)
    const { head, booked, all: every, pending } = running
    if (head.opening.amount + booked.credits - booked.debits !== head.closing.amount) {
      fail('balance', 'the opening balance and the booked entries do not make the closing balance')
    }
    const summary = find(node, 'TxsSummry')
    if (summary) checkSummary(summary, running, this.#digits, fail)
    const { credits, debits } = booked
    this.#done.push({ head, entries: every.count, booked: booked.count, pending, credits, debits })
    this.#running = null
    return null
  }
}

function noSums(): Sums {
  return { count: 0, creditCount: 0, credits: 0n, debits: 0n }
}

function count(sums: Sums, entry: Entry): void {
  sums.count += 1
  if (entry.direction === 'credit') {
    sums.credits += entry.amount
    sums.creditCount += 1
  } else sums.debits += entry.amount
}

/** Totals are right when they are those of the booked entries, or of all entries: banks count both ways. */
function checkSummary(summary: XmlNode, running: Running, digits: Currencies, fail: Fail): void {
  const units = (node: XmlNode): bigint => unitsOf(node, running.head.currency, digits, fail)
  const right = [running.booked, running.all].some((sums) => {
    const checks: Array<[XmlNode | null, number, bigint]> = [
      [find(summary, 'TtlNtries'), sums.count, sums.credits + sums.debits],
      [find(summary, 'TtlCdtNtries'), sums.creditCount, sums.credits],
      [find(summary, 'TtlDbtNtries'), sums.count - sums.creditCount, sums.debits],
    ]
    return checks.every(([node, number, sum]) => !node || totalsFit(node, number, sum, sums, units))
  })
  if (!right) fail('totals', 'the totals of the statement are not those of its entries', summary)
}

function totalsFit(node: XmlNode, number: number, sum: bigint, sums: Sums, units: (node: XmlNode) => bigint): boolean {
  const counted = textAt(node, 'NbOfNtries')
  const told = find(node, 'Sum')
  const net = find(node, 'TtlNetNtry')
  if (counted !== undefined && BigInt(counted) !== BigInt(number)) return false
  if (told && units(told) !== sum) return false
  const amount = net ? find(net, 'Amt') : null
  if (!net || !amount) return true
  return units(amount) * (directionOf(net) === 'debit' ? -1n : 1n) === sums.credits - sums.debits
}

function balanceOf(statement: XmlNode, codes: readonly string[], digits: Currencies, fail: Fail): Balance {
  for (const code of codes) {
    const [found, second] = all(statement, 'Bal').filter((each) => textAt(each, 'Tp', 'CdOrPrtry', 'Cd') === code)
    if (!found) continue
    if (second) fail('rule', `the statement has two balances ${code}`, second)
    const { amount, currency } = amountOf(find(found, 'Amt') ?? found, digits, fail)
    return { amount: directionOf(found) === 'debit' ? -amount : amount, currency, day: dayOf(find(found, 'Dt') ?? found, fail) }
  }
  return fail('missing', `the statement has no balance ${codes.join(' or ')}`, statement)
}

function headOf(statement: XmlNode, message: { id: string; at: string }, digits: Currencies, fail: Fail): StatementHead {
  // PRCD is the closing balance of the time before, which is this statement's opening balance by its definition.
  const opening = balanceOf(statement, ['OPBD', 'PRCD'], digits, fail)
  const closing = balanceOf(statement, ['CLBD'], digits, fail)
  const currency = textAt(statement, 'Acct', 'Ccy') ?? opening.currency
  if (opening.currency !== currency || closing.currency !== currency)
    fail('currency', `the balances of this account are in ${currency}`, statement)
  const sequence = textAt(statement, 'ElctrncSeqNb')
  const page = find(statement, 'StmtPgntn')
  return {
    messageId: message.id,
    id: textAt(statement, 'Id') ?? '',
    createdAt: textAt(statement, 'CreDtTm') ?? message.at,
    sequence: sequence === undefined ? undefined : (minorUnits(sequence, 0) ?? undefined),
    page: page ? { number: Number(textAt(page, 'PgNb')), last: isTrue(textAt(page, 'LastPgInd') ?? 'true') } : undefined,
    from: textAt(statement, 'FrToDt', 'FrDtTm'),
    to: textAt(statement, 'FrToDt', 'ToDtTm'),
    account: {
      iban: textAt(statement, 'Acct', 'Id', 'IBAN')?.toUpperCase(),
      number: textAt(statement, 'Acct', 'Id', 'Othr', 'Id'),
      owner: textAt(statement, 'Acct', 'Ownr', 'Nm'),
      bic: textAt(statement, 'Acct', 'Svcr', 'FinInstnId', 'BICFI'),
    },
    currency,
    opening,
    closing,
  }
}
