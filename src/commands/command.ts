/** What a verb gets. */
export type Invocation = {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly root: string
}

/** A verb: returns its exit code, or null while it goes on until it is told to stop. */
export type Command = (invocation: Invocation) => Promise<number | null>

/** The value of `--name value`, or null. */
export function option(args: readonly string[], name: string): string | null {
  const at = args.indexOf(`--${name}`)
  return at >= 0 ? (args[at + 1] ?? null) : null
}

/** Arguments that are neither options nor their values. */
export function positional(args: readonly string[]): string[] {
  return args.filter((arg, i) => !arg.startsWith('--') && !(args[i - 1] ?? '').startsWith('--'))
}
