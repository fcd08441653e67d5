import type { PlainDate } from '../../../kernel/time.ts'

/** One run of reminding; there is one for a day. `waiting` is for an officer, `held` on a day without one. */
export type ReminderRun = {
  readonly id: string
  readonly day: PlainDate
  readonly state: 'waiting' | 'running' | 'held' | 'done'
  readonly made_at: Date
  readonly decided_by: string | null
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

/** What was done about a bill that is not paid; step 0 notes that it is overdue. Amounts in minor units of the bill's currency. */
export type Reminder = {
  readonly bill_id: string
  readonly step: number
  readonly kind: 'overdue' | 'friendly' | 'fee' | 'last' | 'recovery'
  readonly run_id: string
  readonly day: PlainDate
  readonly fee: bigint
  readonly interest: bigint
  /** What was asked for then, in all. */
  readonly owed: bigint
  readonly way: 'mail' | 'post' | 'none' | null
}

/** What a run does, counted: by step, agency, language and currency. */
export type PreviewRow = {
  readonly kind: 'friendly' | 'fee' | 'last' | 'recovery' | 'small' | 'broken' | 'unreachable'
  readonly agency: string
  readonly language: string
  readonly currency: string
  readonly bills: number
  /** What these bills owe before the run, what the run adds to them, and what it writes off. */
  readonly owed: bigint
  readonly fees: bigint
  readonly interest: bigint
  /** References of some of them. */
  readonly samples: readonly string[]
}

/** What a run on a day would do, and how many bills it leaves alone and why. */
export type Preview = {
  readonly day: PlainDate
  readonly rows: readonly PreviewRow[]
  readonly silent: ReadonlyArray<{ readonly why: 'asked' | 'paying' | 'little' | 'no_rule'; readonly bills: number }>
}

/** A preview, and when it was counted. */
export type Counted = Preview & { readonly madeAt: Date }

/** What a run did: as the preview counts it. */
export type RunReport = Preview & { readonly run: ReminderRun }
