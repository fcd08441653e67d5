import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { accountActor, type Actor, anonymous, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { askAlert } from '../../src/modules/reports/public/alerts/alerts.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { assignReport, followReport, hideReport, photosOf, sendReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { multipart, POTHOLE, Resident, tellOf } from '../support/reporting.ts'
import { photo, sessionOf } from '../support/world.ts'
import { ROADS, ROADS_EMAIL } from '../reports/crewday.ts'

/** What a resident has to do with reports, by what it is. */
export type ReportThings = { readonly ids: Readonly<Record<string, string>>; readonly needles: readonly string[] }

const words = {
  email: 'quentin.reports@example.org',
  alerts: 'quentin.alerts@example.org',
  follower: 'hana.follows@example.org',
  phone: '0221 5550143',
  draft: 'A thistledown draft.',
  filter: 'Umberfold signs',
  act: 'A wexlightly line of the crew.',
}

/** An address of the city, far from those of other reports. */
function house(test: TestApp, at: number): { lat: number; long: number } {
  const { lat, long } = test.app.board.places?.addresses[at] ?? assert.fail('there are addresses')
  return { lat, long }
}

/**
 * Gives a resident a report that is hidden, with their name, masked words, a photo and somebody who follows it, and one that
 * a program sent; a draft and an alert; and lets staff keep things of their own beside them.
 */
export async function makeReportThings(
  test: TestApp,
  owner: { accountId: string; personId: string; name: string; cookie: string },
): Promise<ReportThings> {
  const { board, platform } = test.app
  const actor = accountActor({ accountId: owner.accountId, personId: owner.personId, roles: [], channel: 'web', level: 'low' })
  const { report } = await sendReport(board, actor, {
    source: 'web',
    sourceId: 'belongings',
    category: 'pothole',
    ...house(test, 400),
    text: `A hole. Call me, ${owner.name}, at ${words.phone}.`,
    answers: POTHOLE,
    language: 'en',
    contact: { name: owner.name, email: words.email, phone: words.phone },
    accountPerson: owner.personId,
    photos: [await cleanUpload('hole.jpg', await photo(), ['image'])],
  })
  assert.ok(report.masked, 'the telephone number is left out')
  await followReport(board, anonymous('web'), report.id, { contact: { email: words.follower }, language: 'en' })
  await assignReport(board, systemActor('seed'), report.id, { crew: ROADS })
  const act = await crewAct(test, report)
  await hideReport(board, await supervisor(test), report.id, true, undefined, 'person')
  const [picture] = await photosOf(board, report, { all: true })
  const program = await makeProgram(test)
  const sent = await sendAsProgram(test, program.key, owner.name)
  await keepFilter(test)
  await tellOf(new Resident(test.url).keep(owner.cookie), { category: 'pothole', at: house(test, 800), text: words.draft })
  await askAlert(board, anonymous('web'), {
    email: words.alerts,
    place: { kind: 'district', id: report.district ?? '' },
    group: null,
    language: 'en',
  })
  await test.settle()
  const one = async (text: string): Promise<string> => (await query<{ id: string }>(platform.db, text))[0]?.id ?? ''
  const ids = {
    reportReference: report.reference,
    report: report.id,
    photo: picture?.id ?? '',
    follower: await one('select id from reports.follower limit 1'),
    reportDraft: await one('select id from reports.draft limit 1'),
    alert: await one('select id from reports.alert limit 1'),
    filter: await one('select id from reports.filter limit 1'),
    act,
    client: program.id,
    sent,
    idempotencyKey: 'key-of-the-owner',
  }
  return { ids, needles: [...Object.values(words).filter((each) => each !== words.act), '5550143', 'wexlightly', program.key] }
}

async function supervisor(test: TestApp): Promise<Actor> {
  const account = await accountByAddress(test.app.platform, 'supervisor@harbourview.example')
  const roles = [{ role: 'supervisor', agency: null }] as const
  return accountActor({ accountId: account?.id ?? '', personId: null, roles: [...roles], channel: 'web', level: 'substantial' })
}

/** What a device of the road crew sends about the report. */
export function actFields(report: Pick<Report, 'reference'>, act: string): Record<string, string> {
  return {
    id: act,
    report: report.reference,
    act: 'note',
    text: words.act,
    seen_revision: '2',
    seen_state: 'assigned',
    seen_crew: ROADS,
    seen_reopened: '0',
  }
}

async function crewAct(test: TestApp, report: Report): Promise<string> {
  const cookie = await sessionOf(test, ROADS_EMAIL)
  const act = randomUUID()
  const { type, body } = multipart(actFields(report, act))
  const headers = { cookie, 'content-type': type, accept: 'application/json' }
  const answer = await send(test.url, { method: 'POST', path: '/officer/crew/acts', headers, body })
  assert.equal(answer.status, 200, answer.body.slice(0, 400))
  return act
}

async function keepFilter(test: TestApp): Promise<void> {
  const cookie = await sessionOf(test, 'officer@harbourview.example')
  const answer = await post(test, '/officer/reports/filters', { name: words.filter, queue: 'open', category: 'road_sign' }, { cookie })
  assert.equal(answer.status, 303)
}

function post(
  test: TestApp,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return send(test.url, { method: 'POST', path, headers: { ...form, ...headers }, body: formBody(fields) })
}

async function makeProgram(test: TestApp): Promise<{ id: string; key: string }> {
  const asked = {
    name: 'Holes of Harbourview',
    organisation: 'Cyclists',
    contact: 'Rui Prova',
    email: 'rui.prova@example.org',
    purpose: 'Telling of holes',
  }
  assert.equal((await post(test, '/open311/keys', asked)).status, 303)
  await test.settle()
  const mail = test.mails.findLast((each) => each.to === 'rui.prova@example.org')
  const code = /confirm\?code=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  const shown = await post(test, '/open311/keys/confirm', { code })
  const key = /<code><bdi dir="ltr">([\w-]{32})<\/bdi>/.exec(shown.body)?.[1] ?? ''
  const [row] = await query<{ id: string }>(test.app.platform.db, "select id from reports.client where organisation = 'Cyclists'")
  return { id: row?.id ?? '', key }
}

async function sendAsProgram(test: TestApp, key: string, name: string): Promise<string> {
  const [first = '', last = ''] = name.split(' ')
  const { lat, long } = house(test, 1_200)
  const fields = {
    api_key: key,
    service_code: 'pothole',
    lat: String(lat),
    long: String(long),
    description: `A hole at my door, says ${name}.`,
    first_name: first,
    last_name: last,
    email: words.email,
    phone: words.phone,
    ...Object.fromEntries(Object.entries(POTHOLE).map(([id, value]) => [`attribute[${id}]`, value])),
  }
  const answer = await post(test, '/open311/v2/requests.json', fields, { 'idempotency-key': 'key-of-the-owner' })
  assert.equal(answer.status, 201, answer.body)
  return /"service_request_id":"([^"]+)"/.exec(answer.body)?.[1] ?? ''
}
