/** A function that makes each value once: an Intl format costs a hundred times what using it costs, in time and memory. */
export function onceEach<T>(make: (...parts: string[]) => T): (...parts: string[]) => T {
  const made = new Map<string, T>()
  return (...parts) => {
    const key = parts.join('\n')
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(...parts)
    made.set(key, fresh)
    return fresh
  }
}
