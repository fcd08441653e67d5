import type { Job } from '../../../platform/jobs.ts'
import type { Treasury } from '../treasury.ts'
import { reconcileDaily } from './run.ts'

/** The daily comparison, after the banks' night. */
export function reconcileJob(treasury: Treasury): Job {
  return { name: 'payments:reconcile', cron: '15 5 * * *', run: async (platform) => void (await reconcileDaily({ ...treasury, platform })) }
}
