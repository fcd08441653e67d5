import { isUuid } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Actor } from '../../access/index.ts'

/** How long a device may use its key without asking again, in seconds: one shift. */
export const SHIFT_SECONDS = 12 * 3_600

/**
 * The name under which a device keeps what is an account's: the same each time and on each device, and nobody can tell whose
 * it is without the deployment's keys.
 */
export function deviceTag(platform: Pick<Platform, 'keys'>, actor: Actor): string {
  return platform.keys
    .blind('reports.crew-tag', actor.accountId ?? '')
    .toString('hex')
    .slice(0, 32)
}

/**
 * The key that seals what an account keeps on a device (256 bits, base64url): derived from both by the deployment's keys, so
 * that it need not be stored, and given only to that account while it is signed in. Throws 422 when the device has no name.
 */
export function deviceKey(platform: Pick<Platform, 'keys'>, actor: Actor, device: string): string {
  if (!isUuid(device) || actor.accountId === null) throw new Problem('bad-request', 422, 'The device did not say its name.')
  return platform.keys.blind('reports.crew-key', `${actor.accountId}\u0000${device.toLowerCase()}`).toString('base64url')
}
