import { parsePlainDate } from '../../kernel/time.ts'
import { amountOf, currencies, dayOf, type Fail } from './camtentry.ts'
import { type Fault, MessageFault } from './fault.ts'
import { grammarOf } from './grammar.ts'
import { isIban } from './iban.ts'
import { decimalParts, minorUnits } from './lexical.ts'
import { type Limits, limitsOf } from './limits.ts'
import { all, find, textAt, type XmlNode } from './node.ts'
import { GREATEST, PAIN001 } from './painwrite.ts'
import { isCreditorReference } from './reference.ts'
import type { Payment, TransferOrder } from './shapes.ts'
import { pieces, Walker } from './walk.ts'

/**
 * What was read of an order. `order` is null when the message does not hold to its definition, then the first such fault is
 * told; else the faults are breaches of the SEPA rulebook, each at its element.
 */
export type OrderReading = { readonly order: TransferOrder | null; readonly faults: readonly Fault[] }

/** Reads a pain.001.001.10 message with one payment information block, as `writePain001` and SEPA banks write them. */
export function readPain001(text: string | Uint8Array, limits?: Limits): OrderReading {
  try {
    return read(typeof text === 'string' ? new TextEncoder().encode(text) : text, limitsOf(limits))
  } catch (error) {
    if (error instanceof MessageFault) return { order: null, faults: [error.fault] }
    throw error
  }
}

type Found = { readonly payment: Payment; readonly node: XmlNode }

function read(bytes: Uint8Array, limits: Required<Limits>): OrderReading {
  const faults: Fault[] = []
  const payments: Found[] = []
  const digits = currencies()
  const takers = {
    CreditTransferTransaction40: (node: XmlNode, _above: XmlNode, fail: Fail) => {
      if (payments.length >= limits.details) fail('limit', `the order has more than ${limits.details} payments`)
      checkPayment(node, faults)
      payments.push({ payment: paymentOf(node, digits, fail), node: { ...node, children: [] } })
      return null
    },
    PaymentInstruction34: (_node: XmlNode, above: XmlNode, fail: Fail) => {
      if (find(above, 'PmtInf')) fail('rule', 'only one payment information block is read')
      return undefined
    },
    CustomerCreditTransferInitiationV10: (node: XmlNode, _above: XmlNode, fail: Fail) => orderOf(node, payments, faults, fail),
  }
  const walker = new Walker(grammarOf(PAIN001, 'CstmrCdtTrfInitn', 'CustomerCreditTransferInitiationV10'), takers, limits)
  for (const piece of pieces(bytes)) walker.write(piece)
  const document = walker.end()
  return { order: document.children[0]?.made as TransferOrder, faults }
}

function partyOf(node: XmlNode, role: 'Dbtr' | 'Cdtr') {
  return {
    name: textAt(node, role, 'Nm') ?? '',
    iban: textAt(node, `${role}Acct`, 'Id', 'IBAN')?.toUpperCase() ?? '',
    bic: textAt(node, `${role}Agt`, 'FinInstnId', 'BICFI'),
  }
}

function paymentOf(node: XmlNode, digits: ReturnType<typeof currencies>, fail: Fail): Payment {
  const amount = find(node, 'Amt', 'InstdAmt') ?? fail('rule', 'the amount must be an instructed amount (InstdAmt)', node)
  return {
    endToEnd: textAt(node, 'PmtId', 'EndToEndId') ?? '',
    ...amountOf(amount, digits, fail),
    creditor: partyOf(node, 'Cdtr'),
    reference: textAt(node, 'RmtInf', 'Strd', 'CdtrRefInf', 'Ref'),
    text: textAt(node, 'RmtInf', 'Ustrd'),
  }
}

function orderOf(node: XmlNode, found: readonly Found[], faults: Fault[], fail: Fail): TransferOrder {
  const group = find(node, 'GrpHdr') ?? node
  const block = find(node, 'PmtInf') ?? node
  const created = instant(textAt(group, 'CreDtTm') ?? '') ?? fail('value', 'CreDtTm is no instant', group)
  checkBlock(group, block, found, faults)
  const day = find(block, 'ReqdExctnDt') ?? block
  return {
    messageId: textAt(group, 'MsgId') ?? '',
    createdAt: created,
    debtor: partyOf(block, 'Dbtr'),
    executionDate: parsePlainDate(dayOf(day, fail)) ?? fail('value', 'ReqdExctnDt is no day', day),
    payments: found.map((each) => each.payment),
  }
}

/** An instant of the message; without a zone it is read as UTC. */
function instant(text: string): Date | null {
  const plain = text.trim()
  const at = new Date(/(Z|[+-]\d{2}:\d{2})$/.test(plain) ? plain : `${plain}Z`)
  return Number.isNaN(at.getTime()) ? null : at
}

function rule(faults: Faults, node: XmlNode, path: string, holds: boolean, detail: string): void {
  if (!holds) faults.push({ code: 'rule', line: node.line, column: node.column, path, detail })
}

type Faults = Fault[]

/** The rulebook's demands on one transfer (EPC132-08). */
function checkPayment(node: XmlNode, faults: Faults): void {
  const path = 'Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf'
  const amount = find(node, 'Amt', 'InstdAmt')
  const cents = amount ? minorUnits(amount.text, 2) : null
  rule(faults, amount ?? node, path, amount?.currency === 'EUR', 'the transfer is not in euro')
  rule(faults, amount ?? node, path, cents !== null && cents >= 1n && cents <= GREATEST, 'the amount is out of the range of SEPA')
  const name = textAt(node, 'Cdtr', 'Nm') ?? ''
  rule(faults, find(node, 'Cdtr') ?? node, path, name !== '' && [...name].length <= 70, 'the creditor has no name of at most 70 characters')
  rule(
    faults,
    find(node, 'CdtrAcct') ?? node,
    path,
    isIban(textAt(node, 'CdtrAcct', 'Id', 'IBAN') ?? ''),
    'the account of the creditor is no IBAN',
  )
  rule(faults, node, path, ['SLEV', undefined].includes(textAt(node, 'ChrgBr')), 'the charges are not shared (SLEV)')
  const told = find(node, 'RmtInf')
  if (!told) return
  rule(faults, told, path, told.children.length === 1, 'there is more than one line of remittance information')
  const reference = textAt(told, 'Strd', 'CdtrRefInf', 'Ref')
  rule(faults, told, path, !reference?.startsWith('RF') || isCreditorReference(reference), 'the creditor reference has wrong check digits')
}

function checkBlock(group: XmlNode, block: XmlNode, found: readonly Found[], faults: Faults): void {
  const path = 'Document/CstmrCdtTrfInitn'
  const sum = found.reduce((total, each) => total + each.payment.amount, 0n)
  for (const node of [group, block]) {
    const counted = textAt(node, 'NbOfTxs')
    const control = textAt(node, 'CtrlSum')
    const right = control === undefined || (decimalParts(control) !== null && minorUnits(control, 2) === sum)
    rule(
      faults,
      node,
      `${path}/${node.name}`,
      counted === undefined || Number(counted) === found.length,
      'NbOfTxs is not the number of transfers',
    )
    rule(faults, node, `${path}/${node.name}`, right, 'CtrlSum is not the sum of the transfers')
  }
  const debtor = `${path}/PmtInf`
  rule(faults, block, debtor, textAt(block, 'PmtMtd') === 'TRF', 'the payment method is not TRF')
  const level = find(block, 'PmtTpInf')
  rule(
    faults,
    level ?? block,
    debtor,
    !level || all(level, 'SvcLvl').every((each) => textAt(each, 'Cd') === 'SEPA'),
    'the service level is not SEPA',
  )
  rule(faults, block, debtor, ['SLEV', undefined].includes(textAt(block, 'ChrgBr')), 'the charges are not shared (SLEV)')
  rule(faults, block, debtor, isIban(textAt(block, 'DbtrAcct', 'Id', 'IBAN') ?? ''), 'the account of the debtor is no IBAN')
  const name = textAt(block, 'Dbtr', 'Nm') ?? ''
  rule(faults, block, debtor, name !== '' && [...name].length <= 70, 'the debtor has no name of at most 70 characters')
  const ids = new Map<string, number>()
  for (const { payment, node } of found) {
    rule(faults, node, `${debtor}/CdtTrfTxInf`, !ids.has(payment.endToEnd), 'two transfers have the same end-to-end identification')
    ids.set(payment.endToEnd, node.line)
  }
}
