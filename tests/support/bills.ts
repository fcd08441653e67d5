import { addDays } from '../../src/kernel/time.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { type Bill, issueBill, type NewBill, type Treasury, within } from '../../src/modules/payments/index.ts'

/** A bill of somebody invented, for tests: a fee of transport unless `own` says otherwise. */
export function makeBill(
  treasury: Treasury,
  amount: bigint,
  key: string = treasury.platform.newId(),
  own: Partial<NewBill> = {},
): Promise<Bill> {
  return transact(treasury.platform, (tx) =>
    issueBill(within(treasury, tx), systemActor('payments'), {
      key: `agency:test/${key}`,
      source: 'agency',
      sourceId: key,
      agency: 'transport',
      revenue: 'fee',
      payer: { kind: 'person', name: 'Noa Placeholder', email: 'noa.placeholder@example.org' },
      language: 'en',
      currency: 'EUR',
      title: { en: 'Permit', es: 'Permiso', ar: 'تصريح' },
      dueOn: addDays(today(tx), 14),
      lines: [{ title: { en: 'Permit, one year', es: 'Permiso, un año', ar: 'تصريح لسنة' }, amount }],
      ...own,
    }),
  )
}
