import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anonymous, systemActor } from '../../src/modules/access/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { assignReport, sendReport } from '../../src/modules/reports/service/index.ts'
import { today } from '../../src/platform/platform.ts'
import { exampleFor } from '../../src/modules/servicefile/index.ts'
import type { TestApp } from '../support/app.ts'

/** Crews of the city, and the demo accounts that go out with them. */
export const ROADS = 'streets_north'
export const LIGHTING = 'lighting'
export const ROADS_EMAIL = 'crew.roads@harbourview.example'
export const LIGHTING_EMAIL = 'crew.lighting@harbourview.example'

const seed = systemActor('seed')

/** Reports at houses of the city, each given to a crew. */
export async function giveReports(test: TestApp, crew: string, texts: readonly string[]): Promise<Report[]> {
  const { board } = test.app
  const houses: unknown = JSON.parse(await readFile(join(board.platform.city.folder, 'geo/addresses.json'), 'utf8'))
  assert.ok(Array.isArray(houses))
  const category =
    board.categories.list.find((each) => each.agency === board.categories.crew(crew)?.agency && !each.urgent) ?? board.categories.list[0]
  assert.ok(category)
  const answers = Object.fromEntries(category.questions.map((question) => [question.id, exampleFor(question, today(board.platform))]))
  const reports: Report[] = []
  for (const [at, text] of texts.entries()) {
    const house: unknown = houses[(at * 37) % houses.length]
    assert.ok(Array.isArray(house))
    const draft = {
      source: 'web',
      sourceId: null,
      category: category.id,
      lat: Number(house[4]),
      long: Number(house[5]),
      text,
      answers,
      language: 'en',
      photos: [],
    } as const
    const { report } = await sendReport(board, anonymous('web'), draft)
    reports.push(await assignReport(board, seed, report.id, { crew }))
  }
  return reports
}
