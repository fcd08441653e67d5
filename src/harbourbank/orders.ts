import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { minorDigits } from '../kernel/money.ts'
import { Problem } from '../kernel/problem.ts'
import { isIban, plainIban } from '../modules/iso20022/index.ts'
import { addEntry } from './account.ts'
import { newId } from './keys.ts'
import type { Parts } from './parts.ts'
import { LARGEST } from './payment.ts'

/** What became of a file of transfers; reasons are ISO 20022 status reason codes (ExternalStatusReason1Code). */
export type OrderAnswer = {
  readonly id: string
  readonly accepted: number
  readonly rejected: ReadonlyArray<{ readonly end_to_end: string; readonly reason: string }>
}

type Node = { readonly [name: string]: unknown }

const NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.10'
const MOST = 10_000
const always = new Set(['PmtInf', 'CdtTrfTxInf', 'Ustrd', 'Strd'])

/** A reader of messages whose elements have this prefix; elements with another are other elements. */
function parserOf(prefix: string): XMLParser {
  return new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    transformTagName: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    trimValues: true,
    isArray: (name) => always.has(name),
  })
}

const bad = (detail: string): Problem => new Problem('transfers.unreadable', 422, detail)

/**
 * Takes transfers as pain.001.001.10; what is in order is booked at the next close of day, the rest is rejected one by one.
 * A file whose frame is wrong (namespace, count, sum, account) is refused as a whole: Problem 422. Call it in a transaction.
 */
export function takeOrders(parts: Parts, xml: string): OrderAnswer {
  const order = frameOf(xml)
  const header = within(order, 'GrpHdr')
  const message = said(header, 'MsgId')
  const blocks = list(order['PmtInf'])
  const transfers = blocks.flatMap((block) => list(block['CdtTrfTxInf']).map((transfer) => ({ block, transfer })))
  checkTotals(
    header,
    transfers.map(({ transfer }) => transfer),
  )
  for (const block of blocks) {
    if (said(block, 'PmtMtd') !== 'TRF') throw bad('Only credit transfers (TRF) are taken.')
    const iban = said(within(within(block, 'DbtrAcct'), 'Id'), 'IBAN')
    if (plainIban(iban) !== parts.merchant.iban) throw bad('The account to take the money from is not yours.')
  }
  const again = parts.db.one('select id from order_files where message = ?', message) !== null
  const id = newId('ord')
  if (!again) parts.db.run('insert into order_files values (?, ?, ?)', id, message, parts.now().getTime())
  const rejected: Array<{ end_to_end: string; reason: string }> = []
  for (const { transfer } of transfers) {
    const reason = again ? 'AM05' : takeOne(parts, id, transfer)
    if (reason !== null) rejected.push({ end_to_end: endToEndOf(transfer), reason })
  }
  return { id, accepted: transfers.length - rejected.length, rejected }
}

function frameOf(xml: string): Node {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw bad('A document type is not taken.')
  if (XMLValidator.validate(xml) !== true) throw bad('This is not well-formed XML.')
  const prefix = /<((?:[A-Za-z_][\w.-]*:)?)Document[\s>]/.exec(xml)?.[1] ?? ''
  const read: Node = parserOf(prefix).parse(xml)
  const document = within(read, 'Document')
  const namespace = document[prefix === '' ? '@xmlns' : `@xmlns:${prefix.slice(0, -1)}`]
  if (namespace !== NAMESPACE) throw bad(`The message must be ${NAMESPACE}.`)
  return within(document, 'CstmrCdtTrfInitn')
}

function checkTotals(header: Node, transfers: readonly Node[]): void {
  if (transfers.length === 0 || transfers.length > MOST) throw bad(`A file has from 1 to ${MOST} transfers.`)
  if (said(header, 'NbOfTxs') !== String(transfers.length)) throw bad('The number of transfers is not the one that was announced.')
  if (header['CtrlSum'] === undefined) return
  // the control sum adds the figures whatever their currency: compared in the finest unit there is
  const fine = (figure: string): bigint => minor(figure, 5) ?? 0n
  const sum = transfers.reduce((all, transfer) => all + fine(amountOf(transfer).figure), 0n)
  if (fine(said(header, 'CtrlSum')) !== sum) throw bad('The sum of the transfers is not the one that was announced.')
}

/** Books one transfer; the reason when it is rejected. */
function takeOne(parts: Parts, file: string, transfer: Node): string | null {
  const endToEnd = endToEndOf(transfer)
  const { figure, currency } = amountOf(transfer)
  const amount = currency === '' ? null : minor(figure, minorDigits(currency))
  const iban = said(within(within(transfer, 'CdtrAcct'), 'Id'), 'IBAN')
  const name = unescaped(said(within(transfer, 'Cdtr'), 'Nm'))
  if (endToEnd === '' || endToEnd.length > 35 || endToEnd === 'NOTPROVIDED') return 'RF01'
  if (currency !== parts.merchant.currency) return 'AM03'
  if (amount === null || amount <= 0n) return 'AM01'
  if (amount > LARGEST) return 'AM02'
  if (!isIban(iban)) return 'AC01'
  if (name === '') return 'BE22'
  if (parts.db.one('select 1 from orders where end_to_end = ?', endToEnd)) return 'AM05'
  const remittance = transfer['RmtInf'] === undefined ? {} : within(transfer, 'RmtInf')
  const structured = list(remittance['Strd'])[0]
  const reference = structured === undefined ? '' : said(within(structured, 'CdtrRefInf'), 'Ref')
  const words = Array.isArray(remittance['Ustrd']) ? remittance['Ustrd'].map(String).join(' ') : ''
  const entry = addEntry(parts, {
    kind: 'order',
    currency,
    amount: -amount,
    endToEnd,
    reference: reference === '' ? undefined : reference,
    text: words === '' ? undefined : unescaped(words).slice(0, 140),
    name: name.slice(0, 140),
    iban: plainIban(iban) ?? undefined,
  })
  parts.db.run('insert into orders values (?, ?, ?)', endToEnd, file, entry)
  return null
}

const endToEndOf = (transfer: Node): string => unescaped(said(within(transfer, 'PmtId'), 'EndToEndId'))

function amountOf(transfer: Node): { figure: string; currency: string } {
  const amount = within(within(transfer, 'Amt'), 'InstdAmt')
  const currency = amount['@Ccy']
  return { figure: said(amount, '#text'), currency: typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : '' }
}

/** A decimal figure in minor units; null when it is none or has too many decimals. */
function minor(figure: string, digits: number): bigint | null {
  const match = /^(\d{1,15})(?:\.(\d{0,5}))?$/.exec(figure)
  const decimals = (match?.[2] ?? '').replace(/0+$/, '')
  if (!match || decimals.length > digits) return null
  return BigInt(`${match[1]}${decimals.padEnd(digits, '0')}`)
}

function within(node: Node, name: string): Node {
  const inner = node[name]
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {}
}

function said(node: Node, name: string): string {
  const value = node[name]
  return typeof value === 'string' ? value.trim() : ''
}

function list(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter((each): each is Node => typeof each === 'object' && each !== null) : []
}

/** The five entities that XML itself has; the parser leaves all as they stand. */
function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => named[name] ?? '')
}
