import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { keepRules } from './keep.ts'
import { moneyIn } from './moneyin.ts'
import { reminderRules } from './reminders.ts'

const moneyFile = z.strictObject({
  /** The agency that keeps the city's accounts and books. */
  treasury: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  creditor: z.strictObject({
    name: z.string().min(1).max(70),
    iban: z.string().regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/),
    bic: z
      .string()
      .regex(/^[A-Z0-9]{8}([A-Z0-9]{3})?$/)
      .optional(),
  }),
  /** Working days to pay in, where nothing else is said. */
  pay_within: z.number().int().min(1).max(365).default(10),
  ...moneyIn,
  ...keepRules,
  ...reminderRules,
})

/** How a city asks for money, from `money.yaml` in its folder. */
export type MoneyRules = z.infer<typeof moneyFile>

/** Reads `money.yaml`; null for a city without one, which takes no money. Throws an error that names the faults. */
export async function loadMoneyRules(folder: string): Promise<MoneyRules | null> {
  const path = join(folder, 'money.yaml')
  if (!existsSync(path)) return null
  const parsed = moneyFile.safeParse(parse(await readFile(path, 'utf8'), { maxAliasCount: 10 }))
  if (!parsed.success) throw new Error(`${path}:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
