import { foldText } from '../../kernel/text.ts'

/** The field of the vault's blind index in which the payers of bills are found by their whole name, as `nameKey` gives it. */
export const PAYER_NAME = 'payments.payer_name'

/** A name as it is compared: folded, its words in one order, so that "Ortiz, Ana" is "Ana Ortiz". */
export function nameKey(name: string): string {
  return foldText(name).split(' ').toSorted().join(' ')
}
