import type { Logger, Runner, Task } from 'graphile-worker'
import type pg from 'pg'
import { query } from './db.ts'
import type { Platform } from './platform.ts'

/** A kind of background work. It may run more than once for one request: it is idempotent. */
export type Job = {
  readonly name: string
  run(platform: Platform, payload: Readonly<Record<string, unknown>>): Promise<void>
  /** When it also runs by the clock: a crontab expression in UTC. */
  readonly cron?: string
}

/** Asks for work, in the caller's transaction. `key` makes a second request replace the first while it waits. */
export async function enqueue(
  platform: Platform,
  name: string,
  payload: Readonly<Record<string, unknown>>,
  options: { key?: string; at?: Date; attempts?: number } = {},
): Promise<void> {
  await query(platform.db, 'select platform.add_job($1, $2::json, $3, $4, $5)', [
    name,
    JSON.stringify(payload),
    options.at ?? null,
    options.attempts ?? 12,
    options.key ?? null,
  ])
}

/** A job that was taken longer ago than this has lost its process: none runs for so long. */
const ABANDONED_MINUTES = 10

/**
 * Works on jobs until stopped. Failures are tried again with growing pauses and stay visible in `graphile_worker.jobs`.
 * What a killed process had taken is given back after some minutes; at once when this process is `alone` on its database.
 */
export async function startJobs(
  platform: Platform,
  pool: pg.Pool,
  jobs: readonly Job[],
  alone: boolean,
): Promise<{ stop(): Promise<void> }> {
  const library = await import('graphile-worker') // loaded here: who only serves pages never works on jobs
  await releaseAbandoned(pool, alone ? 0 : ABANDONED_MINUTES)
  const taskList: Record<string, Task> = {}
  for (const job of jobs) {
    taskList[job.name] = async (payload) => {
      await job.run(platform, typeof payload === 'object' && payload !== null ? { ...payload } : {})
    }
  }
  const crontab = jobs.flatMap((job) => (job.cron ? [`${job.cron} ${job.name}`] : [])).join('\n')
  const runner: Runner = await library.run({
    pgPool: pool,
    taskList,
    crontab,
    concurrency: 4,
    noHandleSignals: true,
    pollInterval: 1_000,
    logger: quietLogger(library, platform),
    // in batches, because only those are written again while the database is away; else its crash would end this process
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  })
  const release = setInterval(() => {
    releaseAbandoned(pool, ABANDONED_MINUTES).catch(() => platform.log.warn({ part: 'jobs' }, 'abandoned jobs could not be looked for'))
  }, 60_000)
  return {
    async stop() {
      clearInterval(release)
      await runner.stop()
    },
  }
}

/** The queue itself would wait four hours before it gives a killed worker's jobs to another. */
async function releaseAbandoned(pool: pg.Pool, minutes: number): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array(
       select distinct locked_by from graphile_worker.jobs where locked_at <= now() - make_interval(mins => $1)))`,
    [minutes],
  )
}

function quietLogger(library: typeof import('graphile-worker'), platform: Platform): Logger {
  // Payloads may name persons: only the level and the task's name reach the log.
  return new library.Logger(() => (level, message) => {
    if (level === 'error') platform.log.error({ part: 'jobs' }, message.replaceAll(/\{.*\}/gs, ''))
    else if (level === 'warning') platform.log.warn({ part: 'jobs' }, message.replaceAll(/\{.*\}/gs, ''))
  })
}
