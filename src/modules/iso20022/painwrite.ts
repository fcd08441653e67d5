import { isSepaId, sepaText } from './latin.ts'
import { plainIban } from './iban.ts'
import { isCreditorReference } from './reference.ts'
import type { Payment, TransferOrder } from './shapes.ts'
import { around, BIC, DAY, decimal, formed, money, said } from './write.ts'

/** The namespace of the one version that is read and written. */
export const PAIN001 = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.10'

/** The greatest amount of a SEPA credit transfer, in cents. */
export const GREATEST = 99_999_999_999n

/**
 * Credit transfers as a pain.001.001.10 message by the SEPA Credit Transfer rulebook (EPC132-08): euro, service level SEPA,
 * shared charges, names of 70 and texts of 140 characters in the Latin characters every bank takes. Throws RangeError for
 * what a bank would refuse: other currencies, amounts out of range, an IBAN, BIC, reference or identification that is none,
 * a name that has no letter to write, two payments with one end-to-end identification.
 */
export function writePain001(order: TransferOrder): string {
  if (order.payments.length === 0) throw new RangeError('an order holds at least one payment')
  if (new Set(order.payments.map((each) => each.endToEnd)).size < order.payments.length) {
    throw new RangeError('two payments have the same end-to-end identification')
  }
  const sum = order.payments.reduce((total, each) => total + each.amount, 0n)
  const counted = `<NbOfTxs>${order.payments.length}</NbOfTxs><CtrlSum>${decimal(sum, 'EUR')}</CtrlSum>`
  const created = `<CreDtTm>${order.createdAt.toISOString()}</CreDtTm>`
  const group = around('GrpHdr', id('MsgId', order.messageId), created, counted, around('InitgPty', name(order.debtor.name)))
  const information = [
    id('PmtInfId', order.messageId),
    '<PmtMtd>TRF</PmtMtd>',
    counted,
    '<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>',
    around('ReqdExctnDt', formed('Dt', order.executionDate, DAY)),
    around('Dbtr', name(order.debtor.name)),
    around('DbtrAcct', account(order.debtor.iban)),
    // Where only the IBAN is known, the rulebook's guidelines ask for this word in the place of the BIC.
    around('DbtrAgt', around('FinInstnId', bank(order.debtor.bic) || '<Othr><Id>NOTPROVIDED</Id></Othr>')),
    '<ChrgBr>SLEV</ChrgBr>\n',
    ...order.payments.map(paymentXml),
  ]
  const inside = `<CstmrCdtTrfInitn>\n${group}\n${around('PmtInf', ...information)}\n</CstmrCdtTrfInitn>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="${PAIN001}">\n${inside}\n</Document>\n`
}

function paymentXml(payment: Payment): string {
  if (payment.currency !== 'EUR') throw new RangeError('SEPA credit transfers are in euro')
  if (payment.amount < 1n || payment.amount > GREATEST) throw new RangeError('the amount is out of the range of SEPA credit transfers')
  if (payment.reference !== undefined && payment.text !== undefined) throw new RangeError('a payment has a reference or a text, not both')
  const agent = bank(payment.creditor.bic)
  return `${around(
    'CdtTrfTxInf',
    around('PmtId', id('EndToEndId', payment.endToEnd)),
    around('Amt', money('InstdAmt', payment)),
    agent === '' ? '' : around('CdtrAgt', around('FinInstnId', agent)),
    around('Cdtr', name(payment.creditor.name)),
    around('CdtrAcct', account(payment.creditor.iban)),
    remittance(payment),
  )}\n`
}

function remittance(payment: Payment): string {
  if (payment.text !== undefined) return around('RmtInf', said('Ustrd', sepaText(payment.text, 140) || undefined, 140))
  if (payment.reference === undefined) return ''
  if (!isCreditorReference(payment.reference)) throw new RangeError('the reference is no creditor reference (ISO 11649)')
  const reference = payment.reference.replaceAll(/[\s-]/g, '').toUpperCase()
  const type = '<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp>'
  return around('RmtInf', around('Strd', around('CdtrRefInf', type, said('Ref', reference, 25))))
}

function id(element: string, text: string): string {
  if (!isSepaId(text)) throw new RangeError(`${element} has characters or slashes that banks refuse, or is longer than 35`)
  return said(element, text, 35)
}

function name(text: string): string {
  const written = sepaText(text, 70)
  if (!/[A-Za-z0-9]/.test(written)) throw new RangeError('the name has no letter that can be written in Latin')
  return said('Nm', written, 70)
}

function account(text: string): string {
  const iban = plainIban(text)
  if (iban === null) throw new RangeError('the account is no IBAN')
  return around('Id', said('IBAN', iban, 34))
}

function bank(bic: string | undefined): string {
  return formed('BICFI', bic, BIC)
}
