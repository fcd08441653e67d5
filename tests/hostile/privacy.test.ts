import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { DEMO_KEY } from '../../src/modules/reports/open311/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, type Ask, cookiesOf, formBody, send } from '../support/client.ts'
import { leakIn } from '../support/leaks.ts'
import { sendFields, Resident, tellOf } from '../support/reporting.ts'
import { type Applied, answerAll, applyFor, begin, fileBody, photo, sendOff, sessionOf } from '../support/world.ts'

const email = 'quillon.vantongeren@example.org'
const password = 'gloaming-lantern-2026'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Answers that nobody else gives, by question. */
const answers: Record<string, unknown> = {
  full_name: 'Quillon Vantongeren',
  email,
  phone: '+442079460987',
  home_address: { line1: '11 Keeper Street', line2: 'Zibblethorpe Garret', town: 'Harbourview', postcode: 'HV3 4PX' },
  vehicle_registration: 'ZQX 7731',
  date_of_birth: '1961-04-09',
  account_holder: 'Quillon Vantongeren',
  organisation_name: 'Snollygoster Society',
  event_name: 'Wobbegong Jubilee',
  licence_number: 'HFL-2019-77314',
  business_name: 'The Brindlemere Ladle',
  change_details: 'We now fry fizzlewicks.',
}

/** What must be found nowhere but in the vault, in letters and in the mail to the person. */
const needles = [
  'quillon', 'vantongeren', '442079460987', 'zibblethorpe', 'zqx 7731', 'zqx7731', '1961-04-09', 'snollygoster', 'wobbegong', 'hfl-2019-77314', 'brindlemere',
  'fizzlewick', 'plinthwright', 'gruntleheim', 'ombersley', 'skerrowmere', 'gloaming', 'murgatroyd',
] // prettier-ignore

const found = (text: string): string | null => leakIn(text, needles)

describe('a whole life of personal data', () => {
  let test: TestApp
  let client: pg.Client
  const logged: string[] = []
  const urls: string[] = []
  const others: Array<{ path: string; status: number; body: string }> = []

  const call = async (ask: Ask): Promise<Answer> => {
    const answer = await send(test.url, ask)
    urls.push(ask.path, answer.headers.location ?? '')
    return answer
  }
  const post = (path: string, cookie: string, fields: Record<string, string>): Promise<Answer> =>
    call({ method: 'POST', path, headers: { ...form, ...(cookie ? { cookie } : {}) }, body: formBody(fields) })

  before(async () => {
    test = await startApp({
      listen: true,
      accounts: true,
      env: { LOG_LEVEL: 'debug' },
      overrides: { logTo: { write: (line) => void logged.push(line) } },
    })
    client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
  })
  after(async () => {
    await client.end()
    await test.close()
  })

  /** Everything in the database as text, a line for each row. */
  const dump = async (): Promise<Array<{ table: string; row: string }>> => {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const rows: Array<{ table: string; row: string }> = []
    for (const { name } of tables.rows.filter((table) => table.name !== 'demo.mail')) {
      const content = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      rows.push(...content.rows.map(({ row }) => ({ table: name, row })))
    }
    return rows
  }
  const clean = async (when: string): Promise<void> => {
    const rows = await dump()
    assert.ok(rows.some(({ table }) => table === 'journal.event') && rows.some(({ table }) => table === 'people.sealed'))
    for (const { table, row } of rows) assert.equal(found(row), null, `${when}: ${table} ${row.slice(0, 300)}`)
  }

  const register = async (): Promise<string> => {
    await post('/register', '', { name: 'Quillon Vantongeren', email, password })
    await clean('before the mail went out')
    await test.settle()
    const code = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(test.mails.at(-1)?.text ?? '')?.[0] ?? ''
    return cookiesOf(await post('/register/verify', '', { code }))[0] ?? ''
  }

  /** A service filled in through pages: with mistakes, a file, and the link for later. */
  const throughPages = async (): Promise<Applied> => {
    const { journey, token } = await begin(call, 'street_event_permit')
    const cookie = `stoa_journey=${token}`
    const page = `/apply/${journey}/p`
    await post(`${page}/your_name`, cookie, { _shown: 'full_name', full_name: '' })
    await post(`${page}/your_name`, cookie, { _shown: 'full_name', full_name: 'Quillon Vantongeren' })
    await post(`${page}/contact`, cookie, { _shown: 'email phone', email: 'vantongeren at nowhere', phone: '442079460987x' })
    await post(`${page}/contact`, cookie, { _shown: 'email phone', email, phone: '+442079460987', _lang: 'es' })
    await post(`/apply/${journey}/later`, cookie, { email })
    await post(`/apply/${journey}/later`, cookie, { email: 'vantongeren' })
    const { type, body } = fileBody('site_plan', 'vantongeren-murgatroyd.jpg', await photo())
    await call({ method: 'POST', path: `${page}/site_plan_page`, headers: { cookie, 'content-type': type }, body })
    await call({ method: 'POST', path: `${page}/site_plan_page`, headers: { cookie, 'content-type': type }, body: body.subarray(0, 200) })
    await answerAll(call, journey, token, ({ id }) => answers[id])
    await call({ path: `/apply/${journey}/check`, headers: { cookie } })
    return sendOff(test, call, journey, token)
  }

  const officerActs = async (applied: Applied, officer: string, transitions: readonly string[]): Promise<void> => {
    const path = `/officer/cases/${applied.caseId}`
    const revision = async (): Promise<string> =>
      /name="revision" value="(\d+)"/.exec((await call({ path, headers: { cookie: officer } })).body)?.[1] ?? ''
    await post(`${path}/note`, officer, { text: 'A gruntleheim note about Vantongeren.' })
    await post(`${path}/message`, officer, { text: 'A plinthwright message for Quillon.' })
    await post(`${path}/step`, officer, { transition: transitions[0] ?? '', revision: await revision(), text: '' })
    await post(`${path}/request`, officer, { revision: await revision(), text: 'Which plinthwright, Quillon?' })
    await test.settle()
    const cookie = `stoa_case=${applied.code}`
    await call({ path: `/cases/${applied.reference}`, headers: { cookie } })
    await post(`/cases/${applied.reference}/message`, cookie, { text: 'Skerrowmere, says Vantongeren.' })
    await post(`/cases/${applied.reference}/message`, cookie, { text: 'skerrowmere '.repeat(1_000) })
    await post(`/cases/${applied.reference}/information`, cookie, { text: 'The skerrowmere one.' })
    for (const transition of transitions.slice(1)) {
      await post(`${path}/step`, officer, { transition, revision: '0', text: 'A stale ombersley reason.' })
      await post(`${path}/step`, officer, { transition, revision: await revision(), text: 'An ombersley reason for Vantongeren.' })
    }
  }

  const seen = async (ask: Parameters<typeof call>[0]): Promise<{ status: number; body: string }> => {
    const { status, body } = await call(ask)
    return { status, body }
  }

  /** What somebody else is told when they ask for it, or break things with it. */
  const strangers = async (applied: Applied): Promise<void> => {
    const paths = [
      `/cases/${applied.reference}`,
      `/apply/${applied.journey}/done`,
      `/apply/${applied.journey}/check`,
      `/officer/cases/${applied.caseId}`,
    ]
    for (const path of [...paths, '/demo', '/track', `/api/v1/cases/${applied.reference}`, '/metrics', '/readyz'])
      others.push({ path, ...(await seen({ path, headers: { authorization: `Bearer ${'A'.repeat(40)}` } })) })
  }

  it('is applied, decided and answered for', async () => {
    const resident = await register()
    assert.match(resident, /^stoa_session=/)
    const officer = await sessionOf(test, 'officer@harbourview.example')
    const own = ({ id }: { id: string }): unknown => answers[id]
    const parking = await applyFor(test, 'resident_parking_permit', { cookie: resident, own, call })
    const food = await applyFor(test, 'food_business_licence_renewal', { own, call })
    const benefit = await applyFor(test, 'energy_cost_benefit', { own, call })
    const event = await throughPages()
    await clean('before the work was done')
    await test.settle()
    await officerActs(parking, officer, ['start_review', 'grant'])
    await officerActs(benefit, officer, ['start_review', 'refuse'])
    await officerActs(event, officer, ['start_review', 'refuse'])
    await officerActs(food, officer, ['start_review', 'grant_without_inspection'])
    await post('/sign-in', '', { email, password: 'wrong murgatroyd' })
    await post('/track', '', { reference: 'Vantongeren', code: 'Quillon' })
    await post('/reset', '', { email })
    await post('/nowhere', '', { name: 'Quillon Vantongeren' })
    await call({ method: 'POST', path: '/sign-in', headers: { 'content-type': 'application/json' }, body: '{"email":"vantongeren' })
    const door = {
      method: 'PUT',
      path: `/api/v1/journeys/${parking.journey}/answers`,
      headers: { authorization: `Bearer ${parking.token}`, 'content-type': 'application/json' },
    }
    await call({ ...door, body: JSON.stringify({ answers: { full_name: 'Quillon \u0000 Vantongeren' } }) })
    await call({ ...door, body: JSON.stringify({ answers: { vantongeren: 1 } }) })
    await post(`/officer/cases/${parking.caseId}/step`, officer, { transition: 'vantongeren', revision: 'quillon', text: 'vantongeren' })
    for (const applied of [parking, food, benefit, event]) await strangers(applied)
    await clean('with work waiting')
    await test.settle()
    // the person's own mail has it: what is looked for below can be found
    assert.equal(found(test.mails.map((mail) => mail.to).join(' ')), 'quillon')
  })

  /** Problems reported under a name: by pages and by a program, with mistakes, and what others and staff do about them. */
  const reporting = async (): Promise<void> => {
    const resident = new Resident(test.url)
    const at = test.app.board.places?.addresses[500] ?? { lat: 0, long: 0 }
    const said = 'A hole at my gate. Quillon Vantongeren, quillon.vantongeren@example.org, tel. +44 20 7946 0987.'
    const visit = async (method: string, path: string, fields?: Readonly<Record<string, string>>): Promise<Answer> => {
      const answer = await resident.ask(
        method,
        path,
        ...(fields ? [{ type: 'application/x-www-form-urlencoded', body: formBody(fields) }] : []),
      )
      urls.push(path, answer.headers.location ?? '')
      return answer
    }
    await visit('POST', '/reports/new', { find: 'Zibblethorpe Garret 11' })
    const bytes = await photo()
    const next = await tellOf(resident, {
      category: 'pothole',
      at,
      text: said,
      files: [{ field: 'photos', name: 'vantongeren-murgatroyd.jpg', bytes }],
    })
    if (next.endsWith('/similar')) await visit('POST', next, { join: '' })
    await clean('with a draft of a report')
    const contact = { email, name: 'Quillon Vantongeren', phone: '+44 20 7946 0987' }
    await visit('POST', '/reports/new/send', { ...(await sendFields(resident)), ...contact, email: 'vantongeren at nowhere' })
    await visit('POST', '/reports/new/send', { ...(await sendFields(resident)), ...contact })
    const reference = /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await visit('GET', '/reports/new/sent')).body)?.[0] ?? assert.fail()
    await clean('with a report')
    const own = `/reports/${reference}`
    await visit('POST', `${own}/follow`, { email: 'vantongeren' })
    await post(`${own}/follow`, '', { email })
    await post(`${own}/concern`, '', { reason: 'vantongeren' })
    await post('/reports/alerts', '', { email, place: 'Zibblethorpe Garret' })
    await post('/reports/alerts', '', { email, district: 'northgate' })
    await post('/open311/keys', '', {
      name: 'Holes',
      organisation: 'Cyclists',
      contact: 'Quillon Vantongeren',
      email,
      purpose: 'Fizzlewick.',
    })
    const request = {
      api_key: DEMO_KEY,
      service_code: 'pothole',
      lat: String(at.lat),
      long: String(at.long),
      description: said,
      'attribute[where_in_road]': 'carriageway',
    }
    const person = { first_name: 'Quillon', last_name: 'Vantongeren', email, phone: '+442079460987' }
    for (const fields of [
      { ...request, ...person },
      { ...request, ...person, email: 'vantongeren' },
      { ...request, ...person, service_code: 'quillon' },
    ])
      await post('/open311/v2/requests.json', '', fields)
    await post('/open311/v2/servicerequestupdates.json', '', {
      api_key: DEMO_KEY,
      service_request_id: reference,
      description: 'Call me: +44 20 7946 0987',
    })
    await test.settle()
    const officer = await sessionOf(test, 'officer@harbourview.example')
    await post('/officer/reports', officer, { q: 'Vantongeren' })
    const [row] = (await client.query<{ id: string }>('select id from reports.report where reference = $1', [reference])).rows
    const desk = `/officer/reports/${row?.id}`
    assert.notEqual(found((await call({ path: `${desk}?personal=1`, headers: { cookie: officer } })).body), null, 'staff can open it')
    await post(`${desk}/hide`, officer, { reason: 'quillon', revision: 'vantongeren' })
    await post(`${desk}/update`, officer, { text: 'Ask quillon.vantongeren@example.org or +44 20 7946 0987.' })
    for (const path of [
      own,
      '/reports',
      '/reports.csv',
      '/reports.atom',
      '/reports.geojson',
      '/reports/widget',
      '/open311/v2/requests.xml',
      '/open311/v2/requests.csv',
    ])
      others.push({ path, ...(await seen({ path })) })
    others.push({ path: 'staff, unopened', ...(await seen({ path: desk, headers: { cookie: officer } })) })
  }

  it('is in reports, which everybody reads, with nothing of who sent them', async () => {
    await reporting()
    await clean('with reports waiting')
    await test.settle()
  })

  it('leaves nothing in the database that can be read', () => clean('in the end'))

  it('leaves nothing in the files that can be read', () => {
    const folder = join(test.app.config.dataDir, 'files')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(files.length >= 5)
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name))
      assert.equal(found(bytes.toString('latin1')), null)
      assert.doesNotMatch(bytes.subarray(0, 8).toString('latin1'), /%PDF|\u00ff\u00d8\u00ff|PNG/, 'a file is not what it was')
    }
  })

  it('says nothing in the log', () => {
    test.app.platform.log.debug('the log is listened to')
    assert.ok(logged.length > 0)
    for (const line of logged) assert.equal(found(line), null, line)
  })

  it('puts nothing in an address', () => {
    assert.ok(urls.length > 100)
    for (const url of urls) assert.equal(found(url), null, url)
  })

  it('shows nothing to anybody else', () => {
    assert.ok(others.length >= 45)
    const open = others.filter(({ path }) => path === 'staff, unopened' || /^\/(reports|track|demo|readyz)/.test(path))
    assert.ok(open.length >= 10)
    for (const { path, status } of open) assert.equal(status, 200, path)
    for (const { path, body } of others) assert.equal(found(body), null, path)
  })
})
