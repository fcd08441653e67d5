import process, { exit } from 'node:process'

/** Waits for Ctrl-C or a stop signal, then ends everything in order; a second Ctrl-C ends at once. */
export function untilStopped(say: (line: string) => void, steps: ReadonlyArray<() => Promise<unknown>>): void {
  let signals = 0
  const stop = async (): Promise<void> => {
    signals += 1
    if (signals === 3) exit(1)
    if (signals > 1) return
    say('Stoa: stopping ...')
    setTimeout(() => exit(1), 30_000).unref()
    for (const step of steps)
      await step().catch((error: unknown) => say(`Stoa: ${error instanceof Error ? error.message : 'a part did not stop'}`))
    say('Stoa: stopped.')
    exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
}
