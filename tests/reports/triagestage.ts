import assert from 'node:assert/strict'
import { anonymous } from '../../src/modules/access/index.ts'
import { getReport, type NewReport, sendReport } from '../../src/modules/reports/service/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { startApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { sessionFor, sessionOf } from '../support/world.ts'

/** What a form sends, by the names of its fields. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>
/** Who works at the desk, or would like to: an account of the demo; `low` is one whose sign-in is not sure enough. */
export type Who = 'officer' | 'second' | 'supervisor' | 'parking' | 'fire' | 'auditor' | 'resident' | 'low'

const mails: Readonly<Record<Exclude<Who, 'low'>, string>> = {
  officer: 'officer@harbourview.example',
  second: 'second.officer@harbourview.example',
  supervisor: 'supervisor@harbourview.example',
  parking: 'parking@harbourview.example',
  fire: 'fire@harbourview.example',
  auditor: 'auditor@harbourview.example',
  resident: 'resident@harbourview.example',
}

/** Where officers work on a report. */
export const page = (report: Report, part = ''): string => `/officer/reports/${report.id}${part}`

/** The values of a form of a page, as a browser would send them. */
export const hidden = (page: Answer, action: string): Record<string, string> => {
  const form = new RegExp(`<form[^>]*action="${action}"[^]*?</form>`).exec(page.body)?.[0] ?? assert.fail(`there is a form ${action}`)
  return Object.fromEntries(
    [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

/** A city with reports, at whose desk everybody is signed in: `startTriage` opens it. */
export type Triage = Awaited<ReturnType<typeof startTriage>>

/** Starts a city with its accounts and signs everybody of the desk in. */
export async function startTriage() {
  const test = await startApp({ listen: true, accounts: true })
  const cookies = new Map<Who, string>()
  for (const [who, mail] of Object.entries(mails)) cookies.set(who as Who, await sessionOf(test, mail))
  cookies.set('low', await sessionFor(test.app, mails.parking, 'low'))
  let number = 0

  const get = (who: Who, path: string): Promise<Answer> => send(test.url, { path, headers: { cookie: cookies.get(who) ?? '' } })
  const post = (who: Who, path: string, fields: Fields = {}): Promise<Answer> => {
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) for (const each of [value ?? []].flat()) body.append(name, each)
    const headers = { cookie: cookies.get(who) ?? '', 'content-type': 'application/x-www-form-urlencoded' }
    return send(test.url, { method: 'POST', path, headers, body: body.toString() })
  }
  const made = async (own: Partial<NewReport> = {}): Promise<Report> => {
    number += 1
    const address = test.app.board.places?.addresses[number * 31]
    assert.ok(address)
    const draft = { source: 'web' as const, sourceId: `triage-${number}`, category: 'road_sign', lat: address.lat, long: address.long, text: 'A deep hole.', answers: {}, language: 'en', photos: [], ...own } // prettier-ignore
    return (await sendReport(test.app.board, anonymous('web'), draft)).report
  }
  const now = (report: Report): Promise<Report> => getReport(test.app.board, report.id)
  const revision = async (report: Report): Promise<string> => String((await now(report)).revision)
  return { test, cookies, get, post, made, now, revision }
}
