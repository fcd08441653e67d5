import process, { exit } from 'node:process'

/** What a verb that goes on is given while it opens. */
export type Life = {
  /** Takes note of something that is open now: it is closed before all that was opened earlier. */
  readonly opened: (close: () => Promise<unknown>) => void
  /** Aborted when the program is told to stop; whoever opens may end early then, by throwing. */
  readonly stopped: AbortSignal
}

type Say = (line: string) => void

/**
 * Opens what a verb needs and goes on until Ctrl-C or a stop signal, which may come at any time, also while it opens; then
 * closes everything, the last first. A third signal ends at once. Throws what `open` throws, after everything is closed.
 */
export async function untilStopped(say: Say, open: (life: Life) => Promise<unknown>): Promise<null> {
  const steps: Array<() => Promise<unknown>> = []
  const told = new AbortController()
  const closeAll = async (fault: Say): Promise<void> => {
    for (const step of steps.splice(0))
      await step().catch((error: unknown) => fault(`Stoa: ${error instanceof Error ? error.message : 'a part did not stop'}`))
  }
  let opening: Promise<unknown> = Promise.resolve()
  let signals = 0
  const stop = async (): Promise<void> => {
    signals += 1
    if (signals === 3) exit(1)
    if (signals > 1) return
    say('Stoa: stopping ...')
    setTimeout(() => exit(1), 30_000).unref()
    told.abort(new Error('The program was told to stop.'))
    await opening.catch(() => undefined) // what it breaks off is no fault
    await closeAll(say)
    say('Stoa: stopped.')
    exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
  opening = open({ opened: (close) => void steps.unshift(close), stopped: told.signal })
  try {
    await opening
  } catch (error) {
    if (told.signal.aborted) return null
    await closeAll(() => undefined)
    throw error
  }
  return null
}
