import { minorDigits } from '../../kernel/money.ts'
import { parsePlainDate, type PlainDate } from '../../kernel/time.ts'
import type { FaultCode } from './fault.ts'
import { isTrue, minorUnits } from './lexical.ts'
import { all, find, textAt, type XmlNode } from './node.ts'
import type { Amount, Charge, Detail, Direction, Entry, EntryStatus, Party, ReturnReason, TransactionCode } from './shapes.ts'

/** Throws a fault at an element. */
export type Fail = (code: FaultCode, detail: string, at?: XmlNode) => never

/** Decimals of currencies: each is looked up once. Undefined for what is no ISO 4217 currency. */
export type Currencies = (code: string) => number | undefined

/** Makes a look-up of currencies' decimals. */
export function currencies(): Currencies {
  const known = new Map<string, number | undefined>()
  const all = new Set(Intl.supportedValuesOf('currency'))
  return (code) => {
    if (!known.has(code)) known.set(code, all.has(code) ? minorDigits(code) : undefined)
    return known.get(code)
  }
}

/** A number without currency as minor units of `currency`. */
export function unitsOf(node: XmlNode, currency: string, digits: Currencies, fail: Fail): bigint {
  const decimals = digits(currency)
  if (decimals === undefined) return fail('currency', `there is no currency ${currency}`, node)
  return minorUnits(node.text, decimals) ?? fail('decimals', `an amount in ${currency} has at most ${decimals} decimals`, node)
}

/** The amount of an element with a Ccy. */
export function amountOf(node: XmlNode, digits: Currencies, fail: Fail): Amount {
  return { amount: unitsOf(node, node.currency, digits, fail), currency: node.currency }
}

/** The day of a Dt or DtTm: as the bank wrote it, without regard to a zone. */
export function dayOf(node: XmlNode, fail: Fail): PlainDate {
  return (
    parsePlainDate((node.children[0] ?? node).text.trim().slice(0, 10)) ?? fail('value', `${node.name} is no day of our calendar`, node)
  )
}

/** The direction an element tells. */
export function directionOf(node: XmlNode): Direction | undefined {
  const told = textAt(node, 'CdtDbtInd')
  return told === undefined ? undefined : told === 'CRDT' ? 'credit' : 'debit'
}

function codeOf(node: XmlNode | null): TransactionCode {
  if (!node) return {}
  return {
    domain: textAt(node, 'Domn', 'Cd'),
    family: textAt(node, 'Domn', 'Fmly', 'Cd'),
    subFamily: textAt(node, 'Domn', 'Fmly', 'SubFmlyCd'),
    own: textAt(node, 'Prtry', 'Cd'),
  }
}

function chargesOf(node: XmlNode, digits: Currencies, fail: Fail): Charge[] {
  const charges = find(node, 'Chrgs')
  if (!charges) return []
  const records = all(charges, 'Rcrd').map((record) => {
    const included = textAt(record, 'ChrgInclInd')
    const amount = amountOf(find(record, 'Amt') ?? record, digits, fail)
    return { ...amount, direction: directionOf(record), included: included === undefined ? undefined : isTrue(included) }
  })
  const total = find(charges, 'TtlChrgsAndTaxAmt')
  return records.length === 0 && total ? [amountOf(total, digits, fail)] : records
}

function partyOf(node: XmlNode, role: 'Dbtr' | 'Cdtr'): Party | undefined {
  const party = {
    name: nameOf(find(node, 'RltdPties', role)),
    iban: textAt(node, 'RltdPties', `${role}Acct`, 'Id', 'IBAN')?.toUpperCase(),
    bic: textAt(node, 'RltdAgts', `${role}Agt`, 'FinInstnId', 'BICFI'),
  }
  return (party.name ?? party.iban ?? party.bic) ? party : undefined
}

function nameOf(node: XmlNode | null): string | undefined {
  return node ? (textAt(node, 'Pty', 'Nm') ?? textAt(node, 'Agt', 'FinInstnId', 'Nm')) : undefined
}

function returnOf(node: XmlNode | null): ReturnReason | undefined {
  if (!node) return undefined
  return { code: textAt(node, 'Rsn', 'Cd'), own: textAt(node, 'Rsn', 'Prtry'), lines: all(node, 'AddtlInf').map((line) => line.text) }
}

function remittance(node: XmlNode): { references: string[]; lines: string[] } {
  const told = find(node, 'RmtInf')
  if (!told) return { references: [], lines: [] }
  const structured = all(told, 'Strd')
  return {
    references: structured.flatMap((each) => textAt(each, 'CdtrRefInf', 'Ref') ?? []),
    lines: [...all(told, 'Ustrd'), ...structured.flatMap((each) => all(each, 'AddtlRmtInf'))].map((line) => line.text),
  }
}

/** One transaction of an entry (EntryTransaction10). */
export function detailOf(node: XmlNode, digits: Currencies, fail: Fail): Detail {
  const amount = find(node, 'Amt')
  const code = find(node, 'BkTxCd')
  const endToEnd = textAt(node, 'Refs', 'EndToEndId')
  return {
    bankReference: textAt(node, 'Refs', 'AcctSvcrRef'),
    endToEndId: endToEnd === 'NOTPROVIDED' ? undefined : endToEnd,
    transactionId: textAt(node, 'Refs', 'TxId'),
    instructionId: textAt(node, 'Refs', 'InstrId'),
    orderId: textAt(node, 'Refs', 'PmtInfId'),
    messageId: textAt(node, 'Refs', 'MsgId'),
    amount: amount ? amountOf(amount, digits, fail) : undefined,
    direction: directionOf(node),
    code: code ? codeOf(code) : undefined,
    charges: chargesOf(node, digits, fail),
    debtor: partyOf(node, 'Dbtr'),
    creditor: partyOf(node, 'Cdtr'),
    ultimateDebtor: nameOf(find(node, 'RltdPties', 'UltmtDbtr')),
    ...remittance(node),
    returned: returnOf(find(node, 'RtrInf')),
    note: textAt(node, 'AddtlTxInf'),
  }
}

const STATUSES: readonly EntryStatus[] = ['BOOK', 'PDNG', 'FUTR', 'INFO']

function batchOf(node: XmlNode | undefined, digits: Currencies, fail: Fail): Entry['batch'] {
  if (!node) return undefined
  const total = find(node, 'TtlAmt')
  const count = textAt(node, 'NbOfTxs')
  return {
    messageId: textAt(node, 'MsgId'),
    orderId: textAt(node, 'PmtInfId'),
    count: count === undefined ? undefined : Number(count),
    total: total ? amountOf(total, digits, fail) : undefined,
  }
}

/** One entry (ReportEntry10) whose transactions were made into details already. */
export function entryOf(node: XmlNode, digits: Currencies, fail: Fail): Entry {
  const status = STATUSES.find((each) => each === textAt(node, 'Sts', 'Cd'))
  if (!status) return fail('value', 'the status of the entry is none of BOOK, PDNG, FUTR and INFO', find(node, 'Sts') ?? node)
  const booked = find(node, 'BookgDt')
  const valued = find(node, 'ValDt')
  const groups = all(node, 'NtryDtls')
  return {
    reference: textAt(node, 'NtryRef'),
    ...amountOf(find(node, 'Amt') ?? node, digits, fail),
    direction: directionOf(node) ?? 'credit',
    reversal: isTrue(textAt(node, 'RvslInd') ?? 'false'),
    status,
    bookingDay: booked ? dayOf(booked, fail) : undefined,
    valueDay: valued ? dayOf(valued, fail) : undefined,
    bankReference: textAt(node, 'AcctSvcrRef'),
    code: codeOf(find(node, 'BkTxCd')),
    charges: chargesOf(node, digits, fail),
    batch: batchOf(groups.flatMap((group) => find(group, 'Btch') ?? [])[0], digits, fail),
    details: groups.flatMap((group) => all(group, 'TxDtls').map((each) => each.made as Detail)),
    note: textAt(node, 'AddtlNtryInf'),
  }
}

/**
 * The transactions of an entry, each with its amount in the entry's currency and its direction, such that together they are
 * the entry; null when the bank's details do not add up to it. An entry without details is one transaction.
 */
export function partsOf(entry: Entry): ReadonlyArray<{ detail: Detail; amount: bigint; direction: Direction }> | null {
  const [first = { charges: [], references: [], lines: [] }, ...others] = entry.details
  if (others.length === 0) return [{ detail: first, amount: entry.amount, direction: entry.direction }]
  let sum = 0n
  const parts = entry.details.flatMap((detail) => {
    const direction = detail.direction ?? entry.direction
    if (detail.amount?.currency !== entry.currency) return []
    sum += direction === entry.direction ? detail.amount.amount : -detail.amount.amount
    return [{ detail, amount: detail.amount.amount, direction }]
  })
  return parts.length === entry.details.length && sum === entry.amount ? parts : null
}
