import type { App } from '../app.ts'

/** Erases again what a restored backup brought back, and says so; nothing when nothing came back. Throws when that fails: nobody may be served before. */
export async function eraseAgain(app: App, say: (line: string) => void): Promise<void> {
  const { persons, cases, records, refused } = await app.eraseAgain()
  if (persons + cases + records > 0)
    say(`A restored backup had what was erased before. It is erased again: ${persons} persons, ${cases} cases, ${records} other records.`)
  if (refused > 0) say(`${refused} lines of the list of erasures were not written by this Stoa. Run ./stoa doctor.`)
}
