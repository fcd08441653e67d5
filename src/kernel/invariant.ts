/** Throws when `condition` is false: a bug in Stoa, never bad input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}

/** Returns `value`, or throws when it is null or undefined: a bug in Stoa, never bad input. */
export function present<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new Error(`invariant broken: ${message}`)
  return value
}
