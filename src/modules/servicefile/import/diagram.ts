/** A reduced ordered binary decision diagram: a boolean function as a number. 0 is false, 1 is true. */
export type Fn = number

export const NEVER: Fn = 0
export const ALWAYS: Fn = 1

/** One way to make a function true: variables that must be true or false. */
export type Cube = ReadonlyArray<{ variable: number; value: boolean }>

type Node = { variable: number; low: Fn; high: Fn }

/** Three numbers below this make one key that a double holds exactly: 200,000^3 is less than 2^53. */
const MAX_NODES = 200_000
/** What one piece of work may add; beyond it a single condition is given up, not the form. */
const MAX_ADDED = 20_000
const TERMINAL = Number.MAX_SAFE_INTEGER

/** Thrown when conditions are too entangled to be written as one condition a page. */
export class TooEntangled extends Error {}

/** Builds boolean functions of numbered variables, and writes them as few short cubes (Minato 1992, ISOP). */
export class Diagram {
  readonly #nodes: Node[] = [
    { variable: TERMINAL, low: NEVER, high: NEVER },
    { variable: TERMINAL, low: ALWAYS, high: ALWAYS },
  ]
  readonly #unique = new Map<number, Fn>()
  readonly #choices = new Map<number, Fn>()
  /** What is found out during work that is undone. */
  #passing: Map<number, Fn> | null = null
  #most = MAX_NODES

  /** The function that is true when the variable is. */
  variable(variable: number): Fn {
    return this.#make(variable, NEVER, ALWAYS)
  }

  not(a: Fn): Fn {
    return this.choose(a, NEVER, ALWAYS)
  }

  and(...all: readonly Fn[]): Fn {
    return all.reduce((a, b) => this.choose(a, b, NEVER), ALWAYS)
  }

  or(...any: readonly Fn[]): Fn {
    return any.reduce((a, b) => this.choose(a, ALWAYS, b), NEVER)
  }

  /** `a` ? `b` : `c`. */
  choose(a: Fn, b: Fn, c: Fn): Fn {
    if (a === ALWAYS || b === c) return b
    if (a === NEVER) return c
    const key = keyOf(a, b, c)
    const known = this.#choices.get(key) ?? this.#passing?.get(key)
    if (known !== undefined) return known
    const top = Math.min(this.#top(a), this.#top(b), this.#top(c))
    const low = this.choose(this.#at(a, top, false), this.#at(b, top, false), this.#at(c, top, false))
    const high = this.choose(this.#at(a, top, true), this.#at(b, top, true), this.#at(c, top, true))
    const result = this.#make(top, low, high)
    const found = this.#passing ?? this.#choices
    found.set(key, result)
    return result
  }

  /** Does a piece of work; where it grows too large, it is undone and null comes of it. */
  attempt<T>(work: () => T): T | null {
    return this.#within(work, false)
  }

  /** Does work from which no new function may be kept: all it made is undone. Null where it grows too large. */
  ask<T>(work: () => T): T | null {
    return this.#within(work, true)
  }

  #within<T>(work: () => T, isUndone: boolean): T | null {
    const [before, most, passing] = [this.#nodes.length, this.#most, this.#passing]
    const undo = (): void => {
      for (const { variable, low, high } of this.#nodes.splice(before)) this.#unique.delete(keyOf(variable, low, high))
    }
    this.#most = Math.min(most, before + MAX_ADDED)
    if (isUndone) this.#passing = new Map()
    try {
      const result = work()
      if (isUndone) undo()
      return result
    } catch (error) {
      if (!(error instanceof TooEntangled)) throw error
      undo()
      if (!isUndone) (passing ?? this.#choices).clear()
      return null
    } finally {
      this.#most = most
      this.#passing = passing
    }
  }

  /** The variables that a function depends on. */
  support(a: Fn): ReadonlySet<number> {
    const found = new Set<number>()
    const seen = new Set([a])
    for (const fn of seen) {
      const node = this.#nodes[fn]
      if (!node || node.variable === TERMINAL) continue
      found.add(node.variable)
      seen.add(node.low).add(node.high)
    }
    return found
  }

  /** Cubes, none of them superfluous, that are true wherever `least` is and nowhere that `most` is not. */
  cubes(least: Fn, most: Fn): Cube[] {
    return this.#cover(least, most).cubes
  }

  #cover(least: Fn, most: Fn): { cubes: Cube[]; is: Fn } {
    if (least === NEVER) return { cubes: [], is: NEVER }
    if (most === ALWAYS) return { cubes: [[]], is: ALWAYS }
    const top = Math.min(this.#top(least), this.#top(most))
    const [l0, l1] = [this.#at(least, top, false), this.#at(least, top, true)]
    const [m0, m1] = [this.#at(most, top, false), this.#at(most, top, true)]
    const low = this.#cover(this.and(l0, this.not(m1)), m0)
    const high = this.#cover(this.and(l1, this.not(m0)), m1)
    const rest = this.or(this.and(l0, this.not(low.is)), this.and(l1, this.not(high.is)))
    const both = this.#cover(rest, this.and(m0, m1))
    const cubes = [
      ...both.cubes,
      ...high.cubes.map((cube) => [{ variable: top, value: true }, ...cube]),
      ...low.cubes.map((cube) => [{ variable: top, value: false }, ...cube]),
    ]
    return { cubes, is: this.choose(this.variable(top), this.or(high.is, both.is), this.or(low.is, both.is)) }
  }

  #top(a: Fn): number {
    return this.#nodes[a]?.variable ?? TERMINAL
  }

  #at(a: Fn, variable: number, value: boolean): Fn {
    const node = this.#nodes[a]
    if (!node || node.variable !== variable) return a
    return value ? node.high : node.low
  }

  #make(variable: number, low: Fn, high: Fn): Fn {
    if (low === high) return low
    const key = keyOf(variable, low, high)
    const known = this.#unique.get(key)
    if (known !== undefined) return known
    if (this.#nodes.length >= this.#most) throw new TooEntangled('its conditions are too entangled')
    const made = this.#nodes.push({ variable, low, high }) - 1
    this.#unique.set(key, made)
    return made
  }
}

function keyOf(a: number, b: number, c: number): number {
  return (a * MAX_NODES + b) * MAX_NODES + c
}
