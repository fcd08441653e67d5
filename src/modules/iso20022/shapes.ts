import type { PlainDate } from '../../kernel/time.ts'

/** Which way money went, seen from the account the statement is of. */
export type Direction = 'credit' | 'debit'

/** Whether an entry counts (external code list ExternalEntryStatus1Code): only BOOK is money in the account. */
export type EntryStatus = 'BOOK' | 'PDNG' | 'FUTR' | 'INFO'

/** An amount in minor units of an ISO 4217 currency, never below zero: the direction says the sign. */
export type Amount = { readonly amount: bigint; readonly currency: string }

/** A balance of an account at the end of a day; below zero when the account is overdrawn. */
export type Balance = { readonly amount: bigint; readonly currency: string; readonly day: PlainDate }

/** Who paid or was paid, as far as the bank tells. */
export type Party = { readonly name?: string; readonly iban?: string; readonly bic?: string }

/** A charge of the bank; `included`: it is in the entry's amount already. */
export type Charge = Amount & { readonly direction?: Direction; readonly included?: boolean }

/** Why money came back (ExternalReturnReason1Code, or the bank's own word), and what the bank adds. */
export type ReturnReason = { readonly code?: string; readonly own?: string; readonly lines: readonly string[] }

/** What kind of transaction it was (BkTxCd): ISO's domain, family and sub-family, or the bank's own code. */
export type TransactionCode = {
  readonly domain?: string
  readonly family?: string
  readonly subFamily?: string
  readonly own?: string
}

/** One transaction of an entry (TxDtls); a batch entry has several. */
export type Detail = {
  /** The bank's reference of this transaction (Refs/AcctSvcrRef). */
  readonly bankReference?: string
  /** What the payer's side called the payment; absent when the bank says NOTPROVIDED. */
  readonly endToEndId?: string
  readonly transactionId?: string
  readonly instructionId?: string
  /** The PmtInfId of the order this was part of. */
  readonly orderId?: string
  /** The MsgId of the message this was part of. */
  readonly messageId?: string
  readonly amount?: Amount
  readonly direction?: Direction
  readonly code?: TransactionCode
  readonly charges: readonly Charge[]
  readonly debtor?: Party
  readonly creditor?: Party
  /** The name of whom the money really is from (UltmtDbtr). */
  readonly ultimateDebtor?: string
  /** Structured creditor references (RmtInf/Strd/CdtrRefInf/Ref), as the bank tells them, unchecked. */
  readonly references: readonly string[]
  /** The payer's own words (RmtInf/Ustrd), one for each line. */
  readonly lines: readonly string[]
  readonly returned?: ReturnReason
  /** AddtlTxInf. */
  readonly note?: string
}

/** One entry of a statement (Ntry). */
export type Entry = {
  /** NtryRef: the bank's number of the entry within the statement. */
  readonly reference?: string
  readonly amount: bigint
  readonly currency: string
  /** Which way the money went now; of a reversal too. */
  readonly direction: Direction
  readonly reversal: boolean
  readonly status: EntryStatus
  readonly bookingDay?: PlainDate
  readonly valueDay?: PlainDate
  /** AcctSvcrRef: the bank's own reference of the entry. */
  readonly bankReference?: string
  readonly code: TransactionCode
  readonly charges: readonly Charge[]
  /** What the bank says of the batch the entry stands for. */
  readonly batch?: { readonly messageId?: string; readonly orderId?: string; readonly count?: number; readonly total?: Amount }
  readonly details: readonly Detail[]
  /** AddtlNtryInf. */
  readonly note?: string
}

/** What stands above a statement's entries (GrpHdr and Stmt). Times are ISO 8601 as the bank wrote them. */
export type StatementHead = {
  readonly messageId: string
  readonly id: string
  readonly createdAt: string
  /** ElctrncSeqNb: counts the account's statements; a gap is a statement that did not come. */
  readonly sequence?: bigint
  readonly page?: { readonly number: number; readonly last: boolean }
  readonly from?: string
  readonly to?: string
  /** IBAN, or the bank's own number of the account in `number`. */
  readonly account: { readonly iban?: string; readonly number?: string; readonly owner?: string; readonly bic?: string }
  readonly currency: string
  readonly opening: Balance
  readonly closing: Balance
}

/** A statement to write: its head and its entries. */
export type Statement = StatementHead & { readonly entries: readonly Entry[] }

/** Where an entry stands in its file: statements and entries counted from 1, and the line its element begins on. */
export type Place = { readonly statement: number; readonly entry: number; readonly line: number }

/** What a statement held: how many entries, and the sums of the booked ones in minor units. */
export type StatementTotals = {
  readonly head: StatementHead
  readonly entries: number
  readonly booked: number
  readonly pending: number
  readonly credits: bigint
  readonly debits: bigint
}

/** What a whole camt.053 message held. */
export type Summary = { readonly messageId: string; readonly createdAt: string; readonly statements: readonly StatementTotals[] }

/** One credit transfer of a pain.001 message; at most one of `reference` (ISO 11649) and `text`. */
export type Payment = {
  readonly endToEnd: string
  readonly amount: bigint
  readonly currency: string
  readonly creditor: { readonly name: string; readonly iban: string; readonly bic?: string }
  readonly reference?: string
  readonly text?: string
}

/** A pain.001 message: credit transfers of one debtor to be made on one day. */
export type TransferOrder = {
  readonly messageId: string
  readonly createdAt: Date
  readonly debtor: { readonly name: string; readonly iban: string; readonly bic?: string }
  readonly executionDate: PlainDate
  readonly payments: readonly Payment[]
}
