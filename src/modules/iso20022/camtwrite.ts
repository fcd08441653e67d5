import { CAMT053 } from './camtread.ts'
import type { Balance, Charge, Detail, Direction, Entry, Party, Statement, StatementHead, TransactionCode } from './shapes.ts'
import { around, BIC, DAY, decimal, formed, IBAN, INSTANT, money, said } from './write.ts'

/** Counts and sums for TxsSummry, over the entries that are booked. */
export type EntryTotals = { readonly credits: bigint; readonly creditCount: number; readonly debits: bigint; readonly debitCount: number }

/**
 * Statements as one camt.053.001.08 message, with TxsSummry. Throws RangeError when a text does not fit its element or the
 * balances and the booked entries do not tally.
 */
export function writeCamt053(...statements: readonly Statement[]): string {
  const [first] = statements
  if (!first) throw new RangeError('a message holds at least one statement')
  const written = statements.map((each) => {
    const totals = totalsOf(each.entries)
    tally(each, totals)
    return [opened(each, totals), ...each.entries.map(entryXml), '</Stmt>\n'].join('')
  })
  return [begun(first), ...written, ENDED].join('')
}

/**
 * One statement as a camt.053.001.08 message in pieces of about 64 KB, for statements that are not held at once. TxsSummry is
 * written when `totals` are given. Throws RangeError as `writeCamt053` does; what does not tally shows at the end.
 */
export async function* writeCamt053Chunks(
  head: StatementHead,
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  totals?: EntryTotals,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  let text = begun(head) + opened(head, totals)
  const sums = { credits: 0n, creditCount: 0, debits: 0n, debitCount: 0 }
  for await (const entry of entries) {
    add(sums, entry)
    text += entryXml(entry)
    if (text.length < 65_536) continue
    yield encoder.encode(text)
    text = ''
  }
  tally(head, sums)
  yield encoder.encode(`${text}</Stmt>\n${ENDED}`)
}

const ENDED = '</BkToCstmrStmt>\n</Document>\n'

function begun(head: StatementHead): string {
  const group = around('GrpHdr', said('MsgId', head.messageId, 35), formed('CreDtTm', head.createdAt, INSTANT))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="${CAMT053}">\n<BkToCstmrStmt>\n${group}\n`
}

function totalsOf(entries: readonly Entry[]): EntryTotals {
  const sums = { credits: 0n, creditCount: 0, debits: 0n, debitCount: 0 }
  for (const entry of entries) add(sums, entry)
  return sums
}

function add(sums: { credits: bigint; creditCount: number; debits: bigint; debitCount: number }, entry: Entry): void {
  if (entry.status !== 'BOOK') return
  if (entry.direction === 'credit') {
    sums.credits += entry.amount
    sums.creditCount += 1
  } else {
    sums.debits += entry.amount
    sums.debitCount += 1
  }
}

function tally(head: StatementHead, totals: EntryTotals): void {
  if (head.opening.amount + totals.credits - totals.debits === head.closing.amount) return
  throw new RangeError('the opening balance and the booked entries do not make the closing balance')
}

function opened(head: StatementHead, totals: EntryTotals | undefined): string {
  const { account, page } = head
  const period = head.from !== undefined && head.to !== undefined
  return [
    '<Stmt>\n',
    said('Id', head.id, 35),
    page && around('StmtPgntn', formed('PgNb', String(page.number), /^\d{1,5}$/), `<LastPgInd>${page.last}</LastPgInd>`),
    formed('ElctrncSeqNb', head.sequence?.toString(), /^\d{1,18}$/),
    formed('CreDtTm', head.createdAt, INSTANT),
    period ? around('FrToDt', formed('FrDtTm', head.from, INSTANT), formed('ToDtTm', head.to, INSTANT)) : '',
    around(
      'Acct',
      around('Id', account.iban === undefined ? around('Othr', said('Id', account.number, 34)) : formed('IBAN', account.iban, IBAN)),
      formed('Ccy', head.currency, /^[A-Z]{3}$/),
      around('Ownr', said('Nm', account.owner, 140)),
      around('Svcr', around('FinInstnId', formed('BICFI', account.bic, BIC))),
    ),
    '\n',
    balanceXml('OPBD', head.opening),
    balanceXml('CLBD', head.closing),
    totals && summaryXml(totals, head.currency),
  ].join('')
}

function directionXml(direction: Direction | undefined): string {
  return direction ? `<CdtDbtInd>${direction === 'credit' ? 'CRDT' : 'DBIT'}</CdtDbtInd>` : ''
}

function balanceXml(code: string, balance: Balance): string {
  const below = balance.amount < 0n
  return `${around(
    'Bal',
    around('Tp', around('CdOrPrtry', said('Cd', code, 4))),
    money('Amt', { amount: below ? -balance.amount : balance.amount, currency: balance.currency }),
    directionXml(below ? 'debit' : 'credit'),
    around('Dt', formed('Dt', balance.day, DAY)),
  )}\n`
}

function summaryXml(totals: EntryTotals, currency: string): string {
  const net = totals.credits - totals.debits
  const counted = (number: number, sum: bigint): string => `<NbOfNtries>${number}</NbOfNtries><Sum>${decimal(sum, currency)}</Sum>`
  return `${around(
    'TxsSummry',
    around(
      'TtlNtries',
      counted(totals.creditCount + totals.debitCount, totals.credits + totals.debits),
      around('TtlNetNtry', `<Amt>${decimal(net < 0n ? -net : net, currency)}</Amt>`, directionXml(net < 0n ? 'debit' : 'credit')),
    ),
    around('TtlCdtNtries', counted(totals.creditCount, totals.credits)),
    around('TtlDbtNtries', counted(totals.debitCount, totals.debits)),
  )}\n`
}

function codeXml(code: TransactionCode): string {
  const family = around('Fmly', said('Cd', code.family, 4), said('SubFmlyCd', code.subFamily, 4))
  return `<BkTxCd>${around('Domn', said('Cd', code.domain, 4), family)}${around('Prtry', said('Cd', code.own, 35))}</BkTxCd>`
}

function chargesXml(charges: readonly Charge[]): string {
  const record = (charge: Charge): string =>
    around(
      'Rcrd',
      money('Amt', charge),
      directionXml(charge.direction),
      charge.included === undefined ? '' : `<ChrgInclInd>${charge.included}</ChrgInclInd>`,
    )
  return around('Chrgs', ...charges.map(record))
}

function entryXml(entry: Entry): string {
  const { batch } = entry
  return `${around(
    'Ntry',
    said('NtryRef', entry.reference, 35),
    money('Amt', entry),
    directionXml(entry.direction),
    entry.reversal ? '<RvslInd>true</RvslInd>' : '',
    around('Sts', said('Cd', entry.status, 4)),
    around('BookgDt', formed('Dt', entry.bookingDay, DAY)),
    around('ValDt', formed('Dt', entry.valueDay, DAY)),
    said('AcctSvcrRef', entry.bankReference, 35),
    codeXml(entry.code),
    chargesXml(entry.charges),
    around(
      'NtryDtls',
      batch &&
        around(
          'Btch',
          said('MsgId', batch.messageId, 35),
          said('PmtInfId', batch.orderId, 35),
          formed('NbOfTxs', batch.count?.toString(), /^\d{1,15}$/),
          batch.total && money('TtlAmt', batch.total),
        ),
      ...entry.details.map(detailXml),
    ),
    said('AddtlNtryInf', entry.note, 500),
  )}\n`
}

function partyXml(role: 'Dbtr' | 'Cdtr', party: Party | undefined): string {
  const account = around(`${role}Acct`, around('Id', formed('IBAN', party?.iban, IBAN)))
  return around(role, around('Pty', said('Nm', party?.name, 140))) + account
}

function agentXml(role: 'Dbtr' | 'Cdtr', party: Party | undefined): string {
  return around(`${role}Agt`, around('FinInstnId', formed('BICFI', party?.bic, BIC)))
}

function detailXml(detail: Detail): string {
  const { returned } = detail
  const structured = (reference: string): string =>
    around('Strd', around('CdtrRefInf', '<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>', said('Ref', reference, 35)))
  const inside = [
    around(
      'Refs',
      said('MsgId', detail.messageId, 35),
      said('AcctSvcrRef', detail.bankReference, 35),
      said('PmtInfId', detail.orderId, 35),
      said('InstrId', detail.instructionId, 35),
      said('EndToEndId', detail.endToEndId, 35),
      said('TxId', detail.transactionId, 35),
    ),
    detail.amount && money('Amt', detail.amount),
    directionXml(detail.direction),
    detail.code && codeXml(detail.code),
    chargesXml(detail.charges),
    around(
      'RltdPties',
      partyXml('Dbtr', detail.debtor),
      around('UltmtDbtr', around('Pty', said('Nm', detail.ultimateDebtor, 140))),
      partyXml('Cdtr', detail.creditor),
    ),
    around('RltdAgts', agentXml('Dbtr', detail.debtor), agentXml('Cdtr', detail.creditor)),
    around('RmtInf', ...detail.lines.map((line) => said('Ustrd', line, 140)), ...detail.references.map(structured)),
    returned && returnXml(returned),
    said('AddtlTxInf', detail.note, 500),
  ].join('')
  return `<TxDtls>${inside}</TxDtls>`
}

function returnXml(returned: NonNullable<Detail['returned']>): string {
  const reason = returned.code === undefined ? said('Prtry', returned.own, 35) : said('Cd', returned.code, 4)
  return around('RtrInf', around('Rsn', reason), ...returned.lines.map((line) => said('AddtlInf', line, 105)))
}
