import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/app.ts'

/** As little as a city can say about reports. */
const reports = `
emergency_number: '112'
groups:
  - { id: waste, name: { en: Waste } }
  - { id: streets, name: { en: Streets, es: Calles, ar: الشوارع } }
categories:
  - { id: anything, group: waste, agency: transport, name: { en: Anything }, summary: { en: Anything }, due_days: 10, check_days: 14, radius: 50, keep_years: 2 }
  - { id: hole, group: streets, agency: transport, name: { en: Hole, es: Bache, ar: حفرة }, summary: { en: A hole }, due_days: 5, check_days: 14, radius: 50, keep_years: 2 }
`

/** A copy of the demo city with two kinds of reports only, so that a test depends on nothing else; `remove` deletes the folder. */
export async function smallCity(): Promise<{ folder: string; env: Record<string, string>; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-city-'))
  await cp(join(root, 'city'), join(folder, 'city'), { recursive: true })
  await writeFile(join(folder, 'city/reports.yaml'), reports)
  return { folder, env: { CITY_DIR: join(folder, 'city') }, remove: () => rm(folder, { recursive: true, force: true }) }
}
