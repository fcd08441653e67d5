/** A function that makes its value when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => (made ??= { value: make() }).value
}

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

/** Answers by their whole question, at most so many: the oldest goes first. Only for what has one answer for ever. */
export function remembered<T>(most: number): (question: string, find: () => T) => T {
  const answers = new Map<string, T>()
  return (question, find) => {
    const known = answers.get(question)
    if (known !== undefined) return known
    const answer = find()
    const [oldest] = answers.size < most ? [] : answers.keys()
    if (oldest !== undefined) answers.delete(oldest)
    answers.set(question, answer)
    return answer
  }
}
