import type { Job } from '../../../platform/jobs.ts'
import type { Platform } from '../../../platform/platform.ts'
import { forgetAllowances } from './allowance.ts'
import { forgetUnconfirmed } from './clients.ts'
import { deleteClientsOf } from './store.ts'

/** Every night: forgets who asked for a key and never confirmed their address, and old counts. */
export const open311Job: Job = {
  name: 'reports:open311',
  cron: '23 2 * * *',
  async run(platform) {
    await forgetUnconfirmed(platform)
    await forgetAllowances(platform)
  },
}

/** Forgets the programs of a person who is being erased; their keys are good for nothing from then on. */
export function forgetPrograms(tx: Platform, personId: string): Promise<void> {
  return deleteClientsOf(tx.db, personId)
}
