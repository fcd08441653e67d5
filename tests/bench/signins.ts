import { hash, verify } from '@node-rs/argon2'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addAccount } from '../../src/modules/identity/service.ts'
import { transact } from '../../src/platform/platform.ts'
import { bytesOf, drive, trimmed } from './client.ts'
import { type Figure, rateFigure } from './figures.ts'
import { environmentOf, type Place, root, startProgram } from './program.ts'

const PASSWORD = 'harbour-lantern-2026'
/** As many people at once as keep both places of the hasher taken. */
const CLIENTS = 4
/** Each client signs in with accounts of its own, so that none waits for a try of another that is still being checked. */
const ACCOUNTS = 8
/** Passwords that are hashed at once, here as in the program. */
const AT_ONCE = 2

/** Whole sign-ins with a password, over HTTP, with the session that they begin, beside a bare loop that only checks the same hash. */
export async function measureSignIns(place: Place, seconds: number): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const passwordHash = await app.hasher.hash(PASSWORD)
  const emails = Array.from({ length: ACCOUNTS }, (_, n) => `signs.in.${n}@harbourview.example`)
  try {
    for (const email of emails)
      await transact(app.platform, (tx) =>
        addAccount(tx, { name: 'Signs In', email, passwordHash, language: 'en', status: 'active', staffName: null }),
      )
  } finally {
    await app.close()
  }
  const bare = await checksPerSecond(passwordHash, seconds)
  const program = await startProgram(place)
  try {
    const asks = emails.map((email) =>
      bytesOf({
        method: 'POST',
        path: '/sign-in',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ email, password: PASSWORD }).toString(),
      }),
    )
    const begun = performance.now()
    let turn = 0
    const samples = await drive(program.port, CLIENTS, 303, () => {
      turn += 1
      return performance.now() - begun < seconds * 1000 ? (asks[turn % asks.length] ?? null) : null
    })
    const again = await checksPerSecond(passwordHash, seconds)
    // before and after, because the machine is not the same all the time
    const figure = rateFigure(
      'sign-ins with a password beside bare argon2id',
      '/s',
      trimmed(samples, begun).perSecond,
      (bare + again) / 2,
      {
        must: 0.5,
        aim: 0.8,
      },
    )
    return [figure]
  } finally {
    await program.stop()
  }
}

async function checksPerSecond(passwordHash: string, seconds: number): Promise<number> {
  await hash(PASSWORD, { memoryCost: 65_536, timeCost: 3, parallelism: 1 }) // the first one also makes its thread
  const begun = performance.now()
  let done = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() - begun < seconds * 1000) {
        if (!(await verify(passwordHash, PASSWORD))) throw new Error('the hash does not fit its password')
        done += 1
      }
    }),
  )
  return (done * 1000) / (performance.now() - begun)
}
