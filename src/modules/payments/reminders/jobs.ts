import type { Job } from '../../../platform/jobs.ts'
import type { Treasury } from '../treasury.ts'
import { letterJob } from './letters.ts'
import { noticeJob } from './notices.ts'
import { PREVIEW, previewJob } from './preview.ts'
import { remindJob } from './run.ts'
import { writeOffJob } from './writeoff/writeoffs.ts'

/** The jobs of bills that are not paid in time. */
export function reminderJobs(treasury: Treasury): Job[] {
  return [remindJob(treasury, PREVIEW), previewJob(treasury), letterJob(treasury), noticeJob(treasury), writeOffJob(treasury)]
}
