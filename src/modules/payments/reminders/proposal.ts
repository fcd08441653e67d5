import type { PlainDate } from '../../../kernel/time.ts'

/** What may be proposed about a bill; `plan` and `objection` come from payers. */
export type ProposalKind = 'waive' | 'write_off' | 'defer' | 'set_off' | 'correct' | 'plan' | 'objection'

/** What somebody proposes about a bill and an officer decides, never the same one. Words are sealed. */
export type Proposal = {
  readonly id: string
  readonly bill_id: string
  readonly kind: ProposalKind
  /** Minor units of the bill's currency; for `correct` what the bill is to come to. */
  readonly amount: bigint | null
  readonly until: PlainDate | null
  readonly parts: number | null
  /** The payment whose kept money is to pay the bill. */
  readonly payment_id: string | null
  readonly record_id: string | null
  readonly answer_id: string | null
  /** What the bill came to when its correction was proposed. */
  readonly corrects: bigint | null
  readonly asked_by: 'officer' | 'payer'
  readonly state: 'proposed' | 'approved' | 'declined'
  /** An account; null for a payer without one, until an officer takes up what they ask for. */
  readonly proposed_by: string | null
  readonly proposed_at: Date
  readonly decided_by: string | null
  readonly decided_at: Date | null
}

/** What was agreed with a payer. `proposal_id` is null when the rule allowed it at once. */
export type Arrangement = {
  readonly id: string
  readonly bill_id: string
  readonly kind: 'plan' | 'deferral'
  readonly parts: number | null
  readonly until: PlainDate
  readonly proposal_id: string | null
  readonly made_at: Date
  readonly ended_on: PlainDate | null
  readonly outcome: 'broken' | 'replaced' | null
}
