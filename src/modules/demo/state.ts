import { Problem } from '../../kernel/problem.ts'
import type { Db } from '../../platform/db.ts'
import { actedBeside } from '../../platform/journal/acts.ts'
import type { Platform } from '../../platform/platform.ts'
import { SEED_CHANNEL } from '../access/index.ts'
import { accountByAddress, checkPassword, type PasswordHasher } from '../identity/index.ts'
import { demoAccounts, DEMO_PASSWORD } from './accounts.ts'
import { cityOf } from './store.ts'

/** What there is of a demo city. `half`: begun and not finished, and nobody has used it; `used`: somebody has. */
type CityState = 'none' | 'half' | 'used' | 'whole'

/** Looks at what a migrated database has of a demo city. */
export async function cityState(db: Db): Promise<CityState> {
  const city = await cityOf(db)
  if (!city) return 'none'
  if (city.made_at !== null) return 'whole'
  return (await actedBeside(db, [SEED_CHANNEL, 'job'], 'identity.account.registered')) ? 'used' : 'half'
}

function refused(error: unknown): null {
  if (error instanceof Problem && error.status < 500) return null
  throw error
}

/** The address of an account that anybody may sign in to with the password of the demo; null when there is none. */
export async function openDemoAccount({ platform, hasher }: { platform: Platform; hasher: PasswordHasher }): Promise<string | null> {
  for (const { email } of demoAccounts) {
    if (!(await accountByAddress(platform, email))) continue
    const open = await checkPassword(platform, hasher, email, DEMO_PASSWORD).catch(refused)
    if (open !== null) return email
  }
  return null
}
