export { startBank, type Bank, type BankOptions } from './bank.ts'
export { BankTaken } from './database.ts'
export type { Merchant } from './parts.ts'
export { bankBeside, noteRunning, type BankBeside, type BesideOptions } from './running.ts'
