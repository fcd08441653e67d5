import type { Platform } from '../../platform/platform.ts'
import { meansOf } from './factors/factors.ts'

/** Whether an account can be signed in to by means of its own, without an outside provider. */
export async function hasOwnMeans(platform: Platform, accountId: string): Promise<boolean> {
  const means = await meansOf(platform, accountId)
  return means.password || means.passkeys > 0
}
