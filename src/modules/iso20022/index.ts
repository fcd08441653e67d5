export type {
  Amount,
  Balance,
  Charge,
  Detail,
  Direction,
  Entry,
  EntryStatus,
  Party,
  Payment,
  Place,
  ReturnReason,
  Statement,
  StatementHead,
  StatementTotals,
  Summary,
  TransactionCode,
  TransferOrder,
} from './shapes.ts'
export { type Fault, type FaultCode, MessageFault } from './fault.ts'
export { creditorReference, findCreditorReferences, isCreditorReference, printedReference } from './reference.ts'
export { isIban, plainIban } from './iban.ts'
export { type EpcPayee, epcQr } from './epc.ts'
export type { Limits } from './limits.ts'
export { partsOf } from './camtentry.ts'
export { type CamtReader, readCamt053 } from './camtread.ts'
export { writeCamt053, writeCamt053Chunks } from './camtwrite.ts'
export { readPain001, type OrderReading } from './painread.ts'
export { writePain001 } from './painwrite.ts'
export { openSchema, type Schema } from './schema.ts'
