import { type Platform, transact } from '../../platform/platform.ts'
import { addAccount, grantRole, hasAccounts, type PasswordHasher } from '../identity/index.ts'
import { plantAgencyApp } from './agencyapp.ts'
import { addKnownClient, DEMO_KEY, joinCrew } from '../reports/index.ts'
import { demoAccounts, DEMO_PASSWORD } from './accounts.ts'
import { seedAuthenticators } from './authenticator.ts'
import { plantNationalId } from './nationalid.ts'

const SEED = { journalName: 'system:seed', channel: 'job' } as const

/** Makes the demo accounts once, and their authenticator apps where they have none. */
export async function seedDemo(app: { platform: Platform; hasher: PasswordHasher }, say: (line: string) => void): Promise<void> {
  const { platform } = app
  await plantNationalId(platform)
  await plantAgencyApp(platform)
  await addKnownClient(platform, DEMO_KEY, 6_000)
  if (await hasAccounts(platform)) {
    return seedAuthenticators(platform)
  }
  say('Stoa: making the demo accounts ...')
  const hash = await app.hasher.hash(DEMO_PASSWORD)
  for (const account of demoAccounts) {
    await transact(platform, async (tx) => {
      const added = await addAccount(tx, {
        name: account.name,
        email: account.email,
        passwordHash: hash,
        language: 'en',
        status: 'active',
        staffName: account.staff ? account.name : null,
      })
      for (const binding of account.roles) await grantRole(tx, SEED, added.id, binding)
      for (const crew of account.crews ?? []) await joinCrew(tx, SEED, { crew, accountId: added.id, by: null })
    })
  }
  await seedAuthenticators(platform)
}
