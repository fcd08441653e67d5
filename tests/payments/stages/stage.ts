import type { PayConfig, Patience } from '../../../src/modules/payments/providers/wire.ts'
import type { Provider, Settlement } from '../../../src/modules/payments/providers/port.ts'
import { openProvider } from '../../../src/modules/payments/providers/open.ts'
import type { Script } from '../replay.ts'

/** What every provider must show; a stage plays the provider's side of each. */
export const scenes = [
  'start',
  'open',
  'pending',
  'captured by card',
  'captured in a wallet',
  'declined',
  'expired',
  'cancelled',
  'a state nobody knows',
  'found by attempt',
  'not found by attempt',
  'capture',
  'capture again',
  'refund',
  'refund again',
  'refund by id',
  'refund that failed',
  'refund found without id',
  'refund not found',
  'settlements',
  'no settlements',
] as const
/** The name of a scene. */
export type Scene = (typeof scenes)[number]

/** A request that must have been sent: its call and what must be in it. */
export type Expected = {
  readonly call: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
}

/** The provider's side of one scene. */
export type Play = { readonly script: Script; readonly sent: readonly Expected[] }

/** A provider on the stage. */
export type Stage = {
  readonly config: Omit<PayConfig, 'url'>
  readonly currency: string
  readonly payment: string
  readonly refund: string
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  readonly plays: (origin: string) => Readonly<Record<Scene, Play>>
  /** The shape of a refusal with a code. */
  readonly failure: (code: string) => unknown
  readonly settlements: readonly Settlement[]
}

/** Opens a stage's provider against a server. */
export async function openStage(stage: Stage, url: string, patience: Patience = {}): Promise<Provider> {
  const provider = await openProvider({ ...stage.config, url }, patience)
  if (provider === null) throw new Error('There is no such provider.')
  return provider
}
