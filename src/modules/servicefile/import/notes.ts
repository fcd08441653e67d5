import { saysNothing, type Json } from './json.ts'

/** One thing of a form that was not carried over, or was carried over differently. `path` points into the form. */
export type Note = { path: string; code: string; message: string }

/** Collects notes while a form is read. */
export type Notes = {
  readonly all: readonly Note[]
  add(path: string, code: string, message: string): void
  /** Adds one note for many places: the first path, and how many places there are. */
  tally(path: string, code: string, message: string): void
}

/** An empty collection of notes. */
export function createNotes(): Notes {
  const all: Note[] = []
  const tallies = new Map<string, { note: Note; message: string; places: number }>()
  return {
    all,
    add(path, code, message) {
      all.push({ path, code, message })
    },
    tally(path, code, message) {
      const known = tallies.get(code)
      if (known) {
        known.places += 1
        known.note.message = `${known.message} (${known.places} places, the first is named)`
        return
      }
      const note = { path, code, message }
      all.push(note)
      tallies.set(code, { note, message, places: 1 })
    },
  }
}

/** Reports each key of `object` that says something and is not among those the importer knows. */
export function reportUnknown(notes: Notes, object: Json, known: readonly string[], path: string): void {
  for (const [key, value] of Object.entries(object)) {
    if (known.includes(key) || saysNothing(value)) continue
    const place = path === '' ? key : `${path}.${key}`
    notes.add(place, 'unknown_property', `"${key}" is not known to the importer and is left out: ${JSON.stringify(value)}`)
  }
}

/** Reports a page that would end the form, whose condition cannot be read: it must not close the form to everybody. */
export function reportOpen(step: { readonly path: string; readonly title: Readonly<Record<string, string>> }, notes: Notes): void {
  const name = shorten(Object.values(step.title)[0] ?? '', 60)
  notes.add(
    step.path,
    'terminal_unknown',
    `page "${name}" ends the form on a condition that cannot be read: everybody sees it, and goes on`,
  )
}

/** A text cut to a length, with an ellipsis when something was cut. */
export function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}
