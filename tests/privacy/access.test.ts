import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { type AccessFilter, accessPage, completeness } from '../../src/modules/privacy/access.ts'
import { registerPortal } from '../../src/modules/privacy/portals.ts'
import { open, profileOf, updateProfile } from '../../src/modules/people/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { actOnCase, type Applied, applyFor } from '../support/world.ts'
import { get, newPerson, type Person, post, signedIn } from './visitor.ts'

const everything: AccessFilter = { period: 'all', who: null, purpose: null, own: true, before: null }
const USAGE = '/api/v1/me/data-usage/v3/findUsage'

describe('who looked at my data', () => {
  let test: TestApp
  let me: Person
  let stranger: Person
  let officer: Person
  let administrator: Person
  let applied: Applied
  let ahead = 0

  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + ahead) } })
    me = await newPerson(test, 'Mira Lookedat', 'mira.lookedat@example.org')
    stranger = await newPerson(test, 'Sten Stranger', 'sten.stranger@example.org')
    officer = await signedIn(test, 'officer@harbourview.example')
    administrator = await signedIn(test, 'admin@harbourview.example')
    applied = await applyFor(test, 'resident_parking_permit', { cookie: me.cookie })
    await applyFor(test, 'change_of_address', { cookie: stranger.cookie })
    await get(test, `/officer/cases/${applied.caseId}`, officer)
    await actOnCase(test, officer.cookie, applied.caseId, 'step', { transition: 'start_review' })
    await test.settle()
  })
  after(() => test.close())

  const openProfile = async (person: Person, by: Person, purpose = 'case.read'): Promise<void> => {
    const { platform } = test.app
    const record = await transact(platform, (tx) => profileOf(tx, person.personId))
    await open(platform, by.actor, { record, purpose, legalBasis: 'gdpr.6.1.e', fields: ['full_name'] })
  }

  /** Every page of a filter, by following its links; the ids of the lines as they come. */
  const allLines = async (filter: Partial<AccessFilter>): Promise<string[]> => {
    const ids: string[] = []
    for (let before: string | null = null; ;) {
      const page = await accessPage(test.app.house, me.actor, { ...everything, ...filter, before })
      ids.push(...page.openings.map((opening) => opening.line.id))
      if (page.next === null) return ids
      before = page.next
    }
  }

  it('says who, in which role and agency, what, why, under which law, and of which case', async () => {
    const page = await get(test, '/my/access', me)
    assert.equal(page.status, 200)
    assert.match(page.body, /Officer, (the whole city|[A-Z][^<]+)/, 'role and agency')
    const [name] = test.app.platform.city.agencies.map((agency) => agency.name['en'] ?? '')
    assert.ok(name)
    assert.match(page.body, /To read your application/)
    assert.match(page.body, /Harbourview Parking Code, s\. 4/, 'the law of the service')
    assert.match(page.body, new RegExp(`/cases/${applied.reference}`))
    assert.match(page.body, /Registration number|registration/i, 'the questions by their labels')
    assert.match(page.body, /Complete: \d+ of \d+ openings/)
    assert.match(page.body, /The system, to write to you/)
    assert.doesNotMatch(page.body, /<bdi>You<\/bdi>/, 'own readings are hidden')
    assert.match((await get(test, '/my/access?own=yes', me)).body, /<bdi>You<\/bdi>/)
  })

  it('leaves the official name away where the city does not show names', async () => {
    const { city } = test.app.platform
    const before = (await get(test, '/my/access', me)).body
    const staff = /<bdi>([^<]+), Officer/.exec(before)?.[1]
    assert.ok(staff, 'the name is shown')
    Object.assign(city, { showStaffNames: false })
    try {
      const without = await get(test, '/my/access', me)
      assert.equal(without.status, 200)
      assert.match(without.body, /Officer/)
      assert.doesNotMatch(without.body, new RegExp(staff))
    } finally {
      Object.assign(city, { showStaffNames: true })
    }
  })

  it('never shows a line of somebody else, on no page and through no door', async () => {
    await openProfile(stranger, officer, 'case.confirm')
    const theirs = await accessPage(test.app.house, stranger.actor, everything)
    assert.ok(theirs.openings.length > 3)
    const mine = new Set(await allLines({}))
    for (const opening of theirs.openings) assert.ok(!mine.has(opening.line.id))
    const [line] = theirs.openings
    assert.ok(line)
    const page = await accessPage(test.app.house, me.actor, { ...everything, before: line.line.id })
    assert.deepEqual(page.openings, [], 'a line of a stranger is no place to go on from')
    const asked = await post(test, '/my/access/ask', me, { line: line.line.id })
    assert.equal(asked.status, 404)
    const usage = JSON.parse((await get(test, USAGE, me)).body)
    assert.equal(usage.totalUsages, mine.size)
    for (const each of usage.internalProcessings) assert.ok(mine.has(each.queryId))
    assert.equal((await get(test, '/my/access', null)).status, 303)
    assert.equal((await get(test, USAGE, null)).status, 401)
  })

  it('gives each line once, page by page, with and without filters', async () => {
    for (let n = 0; n < 60; n += 1) await openProfile(me, n % 3 === 0 ? officer : me, n % 2 === 0 ? 'case.read' : 'case.opine')
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const { rows } = await client.query<{ id: string; actor: string; purpose: string }>(
      `select id, actor, data->>'purpose' as purpose from journal.event where stream = $1 and type like 'people.%.opened' order by occurred_at desc, id desc`,
      [me.personId],
    )
    await client.end()
    const ids = (keep: (row: (typeof rows)[number]) => boolean): string[] => rows.filter(keep).map((row) => row.id)
    const own = `account:${me.accountId}`
    assert.deepEqual(
      await allLines({}),
      ids(() => true),
    )
    assert.deepEqual(
      await allLines({ own: false }),
      ids((row) => row.actor !== own),
    )
    assert.deepEqual(
      await allLines({ purpose: 'case.opine' }),
      ids((row) => row.purpose === 'case.opine'),
    )
    assert.deepEqual(
      await allLines({ who: 'system' }),
      ids((row) => row.actor.startsWith('system:')),
    )
    assert.deepEqual(
      await allLines({ who: 'transport', own: false }),
      ids((row) => row.actor === `account:${officer.accountId}`),
    )
    ahead = 40 * 86_400_000
    try {
      assert.deepEqual(await allLines({ period: 'month' }), [])
      assert.equal((await allLines({ period: 'year' })).length, rows.length)
    } finally {
      ahead = 0
    }
    // the links of the page lead through all of it
    let path = '/my/access?own=yes'
    const seen: string[] = []
    for (let pages = 0; pages < 20; pages += 1) {
      const { body } = await get(test, path, me)
      seen.push(...[...body.matchAll(/<time datetime="([^"]+)">/g)].map((match) => match[1] ?? ''))
      const next = /rel="next" href="([^"]+)"/.exec(body)?.[1]
      if (!next) break
      path = next.replaceAll('&#38;', '&')
    }
    assert.equal(seen.length, rows.length)
    assert.deepEqual(seen, seen.toSorted().toReversed(), 'newest first')
  })

  it('notices a line that is missing', async () => {
    const whole = await completeness(test.app.platform, me.personId)
    assert.equal(whole.lines, whole.counted)
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    await client.query('update people.person set opened = opened + 1 where id = $1', [me.personId])
    try {
      assert.match((await get(test, '/my/access', me)).body, /This list is not complete/)
    } finally {
      await client.query('update people.person set opened = opened - 1 where id = $1', [me.personId])
      await client.end()
    }
  })

  it('numbers each record that is opened together with others', async () => {
    const { platform } = test.app
    await post(test, `/cases/${applied.reference}/message`, me, { text: 'One.' })
    await post(test, `/cases/${applied.reference}/message`, me, { text: 'Two.' })
    await get(test, `/cases/${applied.reference}`, me)
    const { counted, lines } = await completeness(platform, me.personId)
    assert.equal(lines, counted)
  })

  it('tells an open page about a new opening at once', async () => {
    const { host } = new URL(test.url)
    const stream = await fetch(`http://${host}/my/access/events`, { headers: { cookie: me.cookie } })
    assert.equal(stream.status, 200)
    assert.match((await get(test, '/my/access', me)).body, /data-live="\/my\/access\/events"/)
    const reader = stream.body?.getReader()
    assert.ok(reader)
    await reader.read()
    await new Promise((done) => setTimeout(done, 300))
    await openProfile(me, officer)
    const moved = (async () => {
      for (let text = ''; ;) {
        const { value, done } = await reader.read()
        if (done) return text
        text += Buffer.from(value).toString()
        if (text.includes('data: moved')) return text
      }
    })()
    await test.settle()
    assert.match(await moved, /data: moved/)
    await reader.cancel()
    assert.equal((await send(test.url, { path: '/my/access/events' })).status, 303)
  })

  it('lets the person ask why, which becomes a case with a deadline', async () => {
    const page = await accessPage(test.app.house, me.actor, { ...everything, own: false })
    const line = page.openings[0]?.line.id ?? ''
    const asked = await post(test, '/my/access/ask', me, { line })
    assert.equal(asked.status, 303)
    const path = String(asked.headers.location)
    assert.match(path, /^\/apply\/[0-9a-f-]{36}$/)
    const first = await get(test, String((await get(test, path, me)).headers.location ?? path), me)
    assert.equal(first.status, 200)
    const about = await get(test, `${path}/p/access_page`, me)
    assert.match(about.body, new RegExp(line), 'the line is filled in')
    assert.match(about.body, /Officer|To /)
    const { definition } = test.app.catalogue.offer('data_request')
    assert.ok(definition.deadline, 'the service has a deadline')
  })

  describe('for a portal', () => {
    it('answers heartbeats to anybody, and names its operations in the description of the doors', async () => {
      const beat = await get(test, '/api/v1/me/data-usage/v3/heartbeat', null)
      assert.equal(beat.status, 200)
      assert.equal(JSON.parse(beat.body).status, 'OK')
      const { paths, components } = JSON.parse((await get(test, '/api/openapi.json', null)).body)
      for (const name of ['findUsage', 'heartbeat', 'usagePeriod', 'supportedUsers'])
        assert.ok(paths[`/api/v1/me/data-usage/v3/${name}`]?.get, name)
      assert.ok(components.schemas.FindUsageResponse && components.schemas.Journey && components.securitySchemes.dataUsageToken)
    })

    it('pages newest first by offset and limit, within a period', async () => {
      const all = JSON.parse((await get(test, USAGE, me)).body)
      assert.equal(all.returnedUsages, all.totalUsages)
      const times: string[] = all.internalProcessings.map((each: { logTime: string }) => each.logTime)
      assert.deepEqual(times, times.toSorted().toReversed())
      const paged: string[] = []
      for (let offset = 0; offset < all.totalUsages; offset += 7) {
        const part = JSON.parse((await get(test, `${USAGE}?limit=7&offset=${offset}`, me)).body)
        assert.equal(part.totalUsages, all.totalUsages + 0)
        paged.push(...part.internalProcessings.map((each: { queryId: string }) => each.queryId))
      }
      assert.deepEqual(
        paged,
        all.internalProcessings.map((each: { queryId: string }) => each.queryId),
      )
      const middle = times[Math.floor(times.length / 2)] ?? ''
      const newer = JSON.parse((await get(test, `${USAGE}?periodStart=${middle}`, me)).body)
      const older = JSON.parse((await get(test, `${USAGE}?periodEnd=${middle}`, me)).body)
      assert.equal(newer.totalUsages + older.totalUsages, all.totalUsages)
      assert.equal(JSON.parse((await get(test, `${USAGE}?processingType=DATA_REQUEST`, me)).body).totalUsages, 0)
      const first = all.internalProcessings.find((each: { initiatorOrg?: unknown }) => each.initiatorOrg)
      assert.ok(first.purpose && first.legalBasis && first.source.type === 'GOV')
      const period = JSON.parse((await get(test, '/api/v1/me/data-usage/v3/usagePeriod', me)).body)
      assert.equal(period.periodStart, times.at(-1))
      assert.deepEqual(JSON.parse((await get(test, '/api/v1/me/data-usage/v3/supportedUsers', me)).body), { supportedUsers: ['me'] })
    })

    it('refuses what it cannot read, as problem documents', async () => {
      for (const query of ['limit=0', 'limit=10001', 'offset=-1', 'periodStart=yesterday', 'processingType=ALL']) {
        const answer = await get(test, `${USAGE}?${query}`, me)
        assert.equal(answer.status, 400, query)
        assert.match(String(answer.headers['content-type']), /problem\+json/)
      }
      const bad = await get(test, USAGE, null, { authorization: 'Bearer stoa_portal_wrong' })
      assert.equal(bad.status, 401)
    })

    it('answers a registered portal for the person who has signed in there, and nobody else', async () => {
      const { platform } = test.app
      const code = 'EE00000000001'
      await updateProfile(platform, administrator.actor, me.personId, { national_id: code }, 'test')
      const key = await registerPortal(platform, administrator.actor, 'National portal')
      const ask = (asking: string, about: string): ReturnType<typeof get> =>
        get(test, `${USAGE}?userCode=${about}`, null, { authorization: `Bearer ${key}`, 'x-road-userid': asking })
      const answer = await ask(code, code)
      assert.equal(answer.status, 200, answer.body)
      assert.equal(JSON.parse(answer.body).totalUsages, (await completeness(platform, me.personId)).lines)
      assert.equal((await ask('EE00000000002', code)).status, 403)
      assert.equal((await ask('EE00000000002', 'EE00000000002')).status, 404)
      const supported = await get(test, `/api/v1/me/data-usage/v3/supportedUsers?userCode=${code}`, null, {
        authorization: `Bearer ${key}`,
        'x-road-userid': code,
      })
      assert.deepEqual(JSON.parse(supported.body), { supportedUsers: [code] })
      const page = await get(test, '/admin/portals', administrator)
      assert.match(page.body, /National portal/)
      assert.doesNotMatch(page.body, new RegExp(key))
      const portal = /name="portal" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
      assert.equal((await post(test, '/admin/portals/end', administrator, { portal })).status, 303)
      assert.equal((await ask(code, code)).status, 401)
      assert.equal((await get(test, '/admin/portals', officer)).status, 403)
    })
  })
})
