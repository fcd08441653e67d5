/** An object of a parsed JSON text. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object (not an array, not null). */
export function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The object at a key; an empty object when there is none. */
export function objectAt(parent: Json, key: string): Json {
  const value = parent[key]
  return isObject(value) ? value : {}
}

/** The array at a key; empty when there is none. */
export function listAt(parent: Json, key: string): readonly unknown[] {
  const value = parent[key]
  return Array.isArray(value) ? value : []
}

/** The text or number at a key as trimmed text; empty when it is something else. */
export function textAt(parent: Json, key: string): string {
  return asText(parent[key])
}

/** A text or number as trimmed text; empty when it is something else. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : ''
}

/** The finite number at a key, which may be written as a text; undefined when there is none. */
export function numberAt(parent: Json, key: string): number | undefined {
  const text = textAt(parent, key)
  const value = Number(text)
  return text === '' || !Number.isFinite(value) ? undefined : value
}

/** Whether a value says nothing: null, false, an empty text, list or object, or one that holds only such. */
export function saysNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.every(saysNothing)
  return typeof value === 'object' && Object.values(value).every(saysNothing)
}
