import { createHash } from 'node:crypto'

/** Numbers that look like chance and are the same for the same seed (xoshiro128**); never for secrets. */
export type Chance = {
  /** A number from 0 up to 1, without 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  /** Whether something happens that happens this often (0 to 1). */
  happens(often: number): boolean
  /** One of several things. */
  one<T>(things: readonly T[]): T
  /** One of several things, the heavier the likelier. */
  weighted<T>(things: ReadonlyArray<readonly [T, number]>): T
  bytes(count: number): Uint8Array
}

/** The stream of chance that a seed and a name begin. */
export function chance(seed: number, name: string): Chance {
  const digest = createHash('sha256').update(`${seed}/${name}`).digest()
  const state = new Uint32Array([0, 4, 8, 12].map((at) => digest.readUInt32LE(at)))
  const draw = (): number => drawFrom(state)
  const next = (): number => draw() / 2 ** 32
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  const at = <T>(things: readonly T[], index: number): T => {
    const thing = things[index]
    if (thing === undefined) throw new Error('invariant broken: there is something to choose from')
    return thing
  }
  return {
    next,
    whole,
    happens: (often) => next() < often,
    one: (things) => at(things, whole(0, things.length - 1)),
    weighted(things) {
      let left = next() * things.reduce((sum, [, weight]) => sum + weight, 0)
      const found = things.findIndex(([, weight]) => (left -= weight) < 0)
      return at(things, found < 0 ? things.length - 1 : found)[0]
    },
    bytes(count) {
      const bytes = new Uint8Array(count)
      for (let index = 0; index < count; index += 1) bytes[index] = draw() >>> 24
      return bytes
    },
  }
}

function drawFrom(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = state
  const result = Math.imul(turned(Math.imul(b, 5), 7), 9) >>> 0
  const [c1, d1] = [c ^ a, d ^ b]
  state.set([a ^ d1, b ^ c1, c1 ^ (b << 9), turned(d1, 11)])
  return result
}

function turned(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0
}
