import { Problem } from '../../../kernel/problem.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import * as store from './store.ts'

/** How many failures in a row are free of waiting: for one account, and for one network, where many people may be. */
export const freeTries = { account: 5, network: 50 } as const

/** Failures longer ago than this count no more. */
const MEMORY_MS = 24 * 3_600_000

/** What is tried, such as `password:name@example.org`, and the network it comes from. */
export type Tried = { readonly account: string | null; readonly ip: string }

/** A try that was counted. */
export type CountedTry = {
  /** Whether waiting begins for the account if this try fails too. */
  readonly lastFree: boolean
  /** Takes the try back: it was right. The account's failures are forgotten, the network's are one fewer. */
  succeeded(): Promise<void>
}

/**
 * Counts a try before it is checked. After some failures in a row the next one has to wait 1, 2, 4 ... up to 60 minutes
 * and is not checked before: 429 with `retryAfter` in seconds. Counted in the database, for all processes, one after
 * another; and for accounts that do not exist as for those that do.
 */
export async function delayAttempts(platform: Platform, tried: Tried): Promise<CountedTry> {
  const network = bucketOf(platform, `network:${networkOf(tried.ip)}`)
  const account = tried.account === null ? null : bucketOf(platform, tried.account)
  const failures = await transact(platform, async (tx) => {
    await count(tx, network, freeTries.network)
    return account === null ? 0 : count(tx, account, freeTries.account)
  })
  return {
    lastFree: failures === freeTries.account,
    succeeded: () =>
      transact(platform, async (tx) => {
        await store.takeTryBack(tx.db, network)
        if (account !== null) await store.forgetTries(tx.db, account)
      }),
  }
}

async function count(tx: Platform, bucket: Buffer, free: number): Promise<number> {
  const now = tx.now()
  const failures = await store.countTry(tx.db, bucket, { now, since: new Date(now.getTime() - MEMORY_MS), free })
  if (failures !== null) return failures
  const until = await store.waitsUntil(tx.db, bucket)
  const seconds = Math.max(1, Math.ceil(((until?.getTime() ?? now.getTime()) - now.getTime()) / 1000))
  throw new Problem('identity.wait', 429, `Too many attempts. Wait ${Math.ceil(seconds / 60)} minutes and try again.`, {
    retryAfter: seconds,
  })
}

/** Forgets failures, challenges and unconfirmed secrets that are over. */
export async function forgetOver(platform: Platform): Promise<void> {
  await store.deleteOver(platform.db, platform.now(), new Date(platform.now().getTime() - MEMORY_MS))
}

function bucketOf(platform: Platform, name: string): Buffer {
  return platform.keys.token(`delay:${name}`)
}

/** The network of an address: the address itself for IPv4, its /64 for IPv6, which one subscriber has whole (RFC 6177). */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!ip.includes(':')) return ip
  const [head = '', tail = ''] = (ip.split('%')[0] ?? '').split('::')
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const front = groupsOf(head)
  const all = [...front, ...new Array<string>(Math.max(0, 8 - front.length - groupsOf(tail).length)).fill('0'), ...groupsOf(tail)]
  const network = all.slice(0, 4).map((group) => (Number.parseInt(group, 16) || 0).toString(16))
  return `${network.join(':')}::/64`
}
