import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import { anonymous } from '../../src/modules/access/index.ts'
import { addAccount } from '../../src/modules/identity/index.ts'
import { DEMO_KEY } from '../../src/modules/reports/open311/index.ts'
import { blindedPerson } from '../../src/modules/people/index.ts'
import { sendReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import type { DeclaredRoute } from '../../src/platform/http/server.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { multipart } from '../support/reporting.ts'
import { sessionFor } from '../support/world.ts'
import { addressOf, byRight, closed, isLibrary, namesAThing, open, rights } from './addresses.ts'
import { type Belongings, makeBelongings } from './belongings.ts'
import { actFields } from './reportthings.ts'

const other = { name: 'Otis Otherwise', email: 'otis.otherwise@example.org' }

/** What forms ask for, so that a stranger is refused for who they are and not for what they left out. */
const everything = formBody({
  text: 'x', transition: 'grant', answer: 'confirm', name: 'x', code: 'ABCD-2345', outcome: 'justified', enabled: 'yes', seen: 'yes', checked: 'yes', days: '30',
  reason: 'other', crew: 'streets_north', category: 'pothole', kind: 'work_order', order: 'WO-1', other: '00000000-0000-7000-8000-000000000000',
  role: 'officer', agency: 'transport', register: 'HV 1', address: 'x', opinion: 'x', revision: '1', id: 'x', email: other.email, 'name-en': 'x',
}) // prettier-ignore

/** Somebody who asks: `headers` go with everything. */
type Seat = { readonly name: string; readonly signedIn: boolean; readonly headers: Readonly<Record<string, string>> }

describe("a resident's things, asked for by everybody else", () => {
  let test: TestApp
  let own: Belongings
  let seats: readonly Seat[]

  const seatOf = async (name: string, email = `${name}@harbourview.example`): Promise<Seat> => ({
    name,
    signedIn: true,
    headers: { cookie: await sessionFor(test.app, email, 'high') },
  })

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    own = await makeBelongings(test)
    const account = { ...other, passwordHash: 'none', language: 'en', status: 'active', staffName: null } as const
    await transact(test.app.platform, (tx) => addAccount(tx, account))
    const { token, code } = own.applied
    const otherCode = await codeOfAnother(test)
    const wrong = {
      cookie: 'stoa_case=AAAAAAAAAAAA; stoa_journey=AAAA; stoa_report=AAAAAAAAAAAA; stoa_report_asked=AAAAAAAAAAAA',
      authorization: `Bearer ${'A'.repeat(43)}`,
    }
    const swapped = {
      cookie: `stoa_case=${token}; stoa_journey=${code}; stoa_report=${otherCode}; stoa_report_asked=${otherCode}`,
      authorization: `Bearer ${code}`,
    }
    seats = [
      { name: 'anonymous', signedIn: false, headers: {} },
      await seatOf('other', other.email),
      ...(await Promise.all(['fire', 'helper', 'owner', 'auditor', 'admin'].map((name) => seatOf(name)))),
      { name: 'wrong tokens', signedIn: false, headers: wrong },
      { name: 'swapped tokens', signedIn: false, headers: swapped },
    ]
  })
  after(() => test.close())

  const ask = (seat: Seat, method: string, path: string, fields = everything): Promise<Answer> => {
    const reads = ['GET', 'HEAD'].includes(method)
    const headers = { ...seat.headers, ...(reads ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }
    return send(test.url, { method, path, headers, ...(reads ? {} : { body: fields }) })
  }
  const toldBy = (seat: Seat, { method }: { method: string }, path: string, { status, headers }: Answer): string =>
    `${seat.name}: ${method} ${path} -> ${status} ${String(headers.location ?? '')}`
  const tellsNothing = ({ body, headers }: Answer, told: string): void => {
    for (const word of own.needles) assert.ok(!body.includes(word) && !JSON.stringify(headers).includes(word), `${told} tells ${word}`)
  }

  /** Every row in the database that has to do with the owner, and every line of the journal about them. */
  const rowsOfOwner = async (): Promise<string[]> => {
    const { db } = test.app.platform
    const mine = [...new Set([own.accountId, own.personId, ...Object.values(own.ids).filter((id) => /^[0-9a-f]{8}-/.test(id))])]
    mine.push(blindedPerson(test.app.platform, own.personId))
    const tables = await query<{ name: string }>(
      db,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema', 'graphile_worker') and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')`,
    )
    const rows = await Promise.all(
      tables.map(({ name }) =>
        query<{ row: string }>(db, `select t::text as row from ${name} t where t::text like any ($1)`, [mine.map((id) => `%${id}%`)]),
      ),
    )
    return rows.flatMap((each, at) => each.map(({ row }) => `${tables[at]?.name} ${row}`)).toSorted()
  }

  it('are there: their owner comes to each by its address, and staff by theirs', async () => {
    const keeper = { name: 'keeper', signedIn: true, headers: { cookie: own.cookie } }
    const crew = await seatOf('crew.roads')
    const staff = new Map([['/officer', await seatOf('officer')], ['/admin', await seatOf('admin')]]) // prettier-ignore
    const reads = test.app.routes.filter((route) => route.method === 'GET' && namesAThing(route) && !isLibrary(route.path))
    assert.ok(reads.length > 25)
    for (const route of reads) {
      const path = addressOf(route.path, own.ids)
      // the two that go on with a step in the browser that began it
      if (/^\/(oidc-consent|demo\/national-id)\//.test(path) || closed.some(([begins]) => route.path.startsWith(begins))) continue
      const code = /\/cases\/|\/done$/.test(path) ? own.applied.code : own.draft.token
      const seat = path.startsWith('/officer/crew') ? crew : route.access === 'staff' ? staff.get(/^\/\w+/.exec(path)?.[0] ?? '') : route.access === 'token'
        ? { name: 'client', signedIn: false, headers: { authorization: `Bearer ${code}` } } : keeper // prettier-ignore
      assert.ok(seat, path)
      const answer = await ask(seat, 'GET', path)
      assert.ok(
        [200, 303].includes(answer.status) && !/^\/(sign-in|track)/.test(answer.headers.location ?? ''),
        toldBy(seat, route, path, answer),
      )
    }
    const page = await ask(keeper, 'GET', `/cases/${own.applied.reference}`)
    assert.ok(own.needles.some((word) => page.body.includes(word)))
  })

  it('stay the same and untold, on every route that names one', async () => {
    const before = await rowsOfOwner()
    assert.ok(before.length > 50)
    const naming = test.app.routes.filter((route) => namesAThing(route) && !isLibrary(route.path))
    assert.ok(naming.length > 90)
    for (const seat of seats) {
      for (const route of naming.filter(({ path }) => !byRight(seat.name, path))) {
        // the tracking code is the right one for the case's own JSON
        if (seat.name === 'swapped tokens' && route.path === '/api/v1/cases/:reference') continue
        const path = addressOf(route.path, own.ids)
        const answer = await ask(seat, route.method, path)
        const told = toldBy(seat, route, path, answer)
        assert.ok(refusals(seat, route).includes(outcomeOf(answer)), told)
        tellsNothing(answer, told)
      }
    }
    assert.deepEqual(await rowsOfOwner(), before)
  })

  it('are on no page without a name in its address either', async () => {
    const before = await rowsOfOwner()
    const reads = test.app.routes.filter(({ method, path }) => method === 'GET' && !namesAThing({ method, path, access: 'public' }))
    for (const seat of seats) {
      for (const route of reads) {
        const path = addressOf(route.path, own.ids).replace('*', '.well-known/openid-configuration')
        const answer = await ask(seat, 'GET', path)
        const told = toldBy(seat, route, path, answer)
        assert.ok(answer.status < 500, told)
        tellsNothing(answer, told)
        if (!byRight(seat.name, path)) assert.ok(!answer.body.includes(own.ids['case'] ?? '-'), told)
      }
      for (const path of ['/officer?queue=closed', `/officer?q=${own.applied.reference}`, '/officer?q=quentin', '/track', '/services'])
        assert.ok(!(await ask(seat, 'GET', path)).body.includes(own.applied.caseId), `${seat.name} ${path}`)
    }
    assert.deepEqual(await rowsOfOwner(), before)
  })

  it('are refused where a form names them', async () => {
    const before = await rowsOfOwner()
    const { ids, applied } = own
    const forms: ReadonlyArray<readonly [path: string, fields: Record<string, string>, knows: RegExp]> = [
      ['/account/apps/end', { app: ids['app'] ?? '' }, /^$/],
      ['/my/access/ask', { line: ids['opening'] ?? '' }, /^$/],
      ['/my/data/requests', { kind: 'correct', reference: applied.reference }, /^$/],
      ['/admin/portals/end', { portal: ids['portal'] ?? '' }, /^admin$/],
      ['/admin/reviews', { [`grant-${ids['grant'] ?? ''}`]: 'end' }, /^admin$/],
      ['/audit/watch', { reference: applied.reference }, /^(auditor|admin)$/],
      ['/officer/emergency', { reference: applied.reference, reason: 'danger_to_life', explanation: 'x'.repeat(40) }, /^fire$/],
    ]
    for (const [path, fields, knows] of forms) {
      for (const seat of seats.filter(({ name }) => !knows.test(name))) {
        const answer = await ask(seat, 'POST', path, formBody(fields))
        const told = `${seat.name}: POST ${path} -> ${answer.status} ${String(answer.headers.location)}`
        assert.ok(['403', '404', ...(seat.signedIn ? [] : ['sign in', '401'])].includes(outcomeOf(answer)), told)
        tellsNothing(answer, told)
      }
    }
    const fire = seats.find(({ name }) => name === 'fire') ?? assert.fail()
    const { revision } = await getCaseByReference(test.app.platform, applied.reference)
    const assigned = await ask(fire, 'POST', '/officer/assign', formBody({ case: `${applied.caseId}~${revision}`, officer: 'nobody' }))
    assert.match(String(assigned.headers.location), /given=0&failed=1/)
    const paper = await ask(fire, 'POST', '/officer/mandates/presence', formBody({ case: applied.reference, seen: 'yes' }))
    assert.equal(paper.status, 422, 'no presence code for a case that is not theirs to read')
    assert.doesNotMatch(paper.body, /[0-9A-Z]{4}-[0-9A-Z]{4}</)
    await actsOfCrews(fire)
    assert.deepEqual(await rowsOfOwner(), before)
  })

  /** What a device, an officer's desk and another program send about the owner's report. */
  const actsOfCrews = async (fire: Seat): Promise<void> => {
    const report = { reference: own.ids['reportReference'] ?? '' }
    // an act of their own on it, and the very act that was done, in their name
    for (const act of ['00000000-0000-4000-8000-000000000001', own.ids['act'] ?? '']) {
      const { type, body } = multipart(actFields(report, act))
      const headers = { ...fire.headers, 'content-type': type, accept: 'application/json' }
      const answer = await send(test.url, { method: 'POST', path: '/officer/crew/acts', headers, body })
      assert.ok([403, 404, 409].includes(answer.status), `${answer.status} ${answer.body}`)
      tellsNothing(answer, 'a crew act')
    }
    const many = await ask(fire, 'POST', '/officer/reports/bulk', formBody({ act: 'photos', report: own.ids['report'] ?? '' }))
    assert.match(String(many.headers.location), /did=0$/, 'what is not theirs is not even named')
    await ask(fire, 'POST', '/officer/reports/filters/drop', formBody({ id: own.ids['filter'] ?? '' }))
    const list = `/open311/v2/requests.json?service_request_id=${report.reference}`
    assert.equal((await ask(fire, 'GET', list)).body.trim(), '[]', 'what is hidden is in no list')
    const said = { api_key: DEMO_KEY, service_request_id: report.reference, description: 'x' }
    assert.equal((await ask(fire, 'POST', '/open311/v2/servicerequestupdates.json', formBody(said))).status, 404)
    const token = await ask(fire, 'GET', `/open311/v2/tokens/${own.ids['idempotencyKey']}.json?api_key=${DEMO_KEY}`)
    assert.equal(token.status, 404, 'the key of one program finds nothing that another sent')
  }

  it('are seen by right only, and every such look is told to the owner', async () => {
    const reads = test.app.routes.filter((route) => route.method === 'GET' && route.path.includes(':'))
    const subject = blindedPerson(test.app.platform, own.personId)
    for (const [name, begins] of rights) {
      const seat = seats.find((each) => each.name === name) ?? assert.fail(name)
      for (const route of reads.filter(({ path }) => path.startsWith(begins))) {
        const path = addressOf(route.path, own.ids)
        const answer = await ask(seat, 'GET', path)
        const told = toldBy(seat, route, path, answer)
        assert.equal(answer.status, 200, told)
        if (name === 'fire') continue
        tellsNothing(answer, told)
      }
    }
    const fire = await query<{ id: string }>(test.app.platform.db, "select id from identity.account where staff_name = 'Noor Model'")
    const lines = await query<{ type: string }>(
      test.app.platform.db,
      "select type from journal.event where actor = $1 and subject = $2 and type = 'people.record.opened'",
      [`account:${fire[0]?.id}`, subject],
    )
    assert.ok(lines.length >= 2, 'the counter and the letter of the mandate')
  })

  it('leave nobody whom an exception was made for without reason', () => {
    for (const [begins, why] of [...open, ...closed]) {
      assert.ok(why.length > 10)
      assert.ok(
        test.app.routes.some(({ path }) => path.startsWith(begins)),
        begins,
      )
    }
  })
})

/** The code with which somebody else comes to a report of their own. */
async function codeOfAnother({ app }: TestApp): Promise<string> {
  const { lat = 0, long = 0 } = app.board.places?.addresses[2_000] ?? {}
  const draft = { source: 'web', sourceId: 'another', category: 'bench', text: '', answers: {}, language: 'en', photos: [] } as const
  const { code } = await sendReport(app.board, anonymous('web'), { ...draft, lat, long, contact: { email: other.email } })
  return code ?? assert.fail('a reporter with an address has a code')
}

/** What an answer comes to: its status, or where it leads. */
function outcomeOf({ status, headers }: Answer): string {
  const location = headers.location ?? ''
  if (status !== 303) return String(status)
  if (location.startsWith('/sign-in?')) return 'sign in'
  return /^\/track\b/.test(location) ? 'track' : location.startsWith('/pay?reference=') ? 'code' : location
}

/** What a stranger may be told where a route names somebody's thing. */
function refusals(seat: Seat, { access, path }: DeclaredRoute): string[] {
  if (access === 'token') return ['401', '404']
  // a public page that is hidden is not there, whoever asks
  if (access === 'public') {
    const forms = seat.signedIn ? [] : ['401']
    return path.startsWith('/cases/') ? ['404', 'track', ...forms] : path.startsWith('/pay/bills/') ? ['404', 'code', ...forms] : ['404']
  }
  if (!seat.signedIn) return ['sign in', '401']
  // whoever is no member of staff is refused at the door, the others at the thing
  return access === 'staff' ? ['403', '404'] : ['404']
}
