import assert from 'node:assert/strict'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import type { TestApp } from './app.ts'
import { type Answer, cookiesOf, formBody, send } from './client.ts'
import { sendEmpty } from './looks.ts'
import type { Template } from './templates.ts'

const ASK = {
  kind: 'other',
  name: 'Robin Example',
  reach: 'email',
  email: 'resident@harbourview.example',
  scope: 'all',
  reason: 'Robin is away for some weeks.',
}

/** Lets others act for the resident: a mandate that waits, one with a letter, a code, and a helper's session that acts. */
export async function makeActing(
  test: TestApp,
  sessions: Readonly<Record<'resident' | 'officer' | 'second' | 'helper', string>>,
): Promise<{ pages: Template[]; helper: string }> {
  const post = (cookie: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    return send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  const [year = '', month = '', day = ''] = test.app.platform.city.dayOf(test.app.platform.now()).split('-')
  const until = { 'until-day': day, 'until-month': month, 'until-year': year }
  for (const own of [{}, { reach: 'counter', email: '', kind: 'company', name: 'Ropeworks' }]) {
    const asked = await post(sessions.second, '/my/mandates/ask', { ...ASK, ...until, ...own })
    assert.equal(asked.status, 303, asked.body)
  }
  const rows = await query<{ id: string; reference: string; person_id: string | null }>(
    test.app.platform.db,
    'select id, reference, person_id from representation.mandate order by asked_at',
  )
  const [waiting, company] = rows
  assert.ok(waiting?.person_id && company)
  const papers = { name: 'Ropeworks Ltd', register: 'HV 000-17', address: '1 Far Lane', seen: 'yes' }
  await post(sessions.officer, `/officer/mandates/${company.reference}/letter`, papers)
  await post(sessions.resident, '/my/mandates/invitation')
  const helper = await helperSession(test, sessions, post)
  await post(sessions.resident, '/my/presence-code')
  const seen = (name: string, path: string, seat: Template['seat'], act?: Template['act']): Template => ({ name, path, seat, act })
  return {
    helper,
    pages: [
      seen('mandates', '/my/mandates', 'resident'),
      seen('ask for a mandate', '/my/mandates/ask', 'resident'),
      seen('ask for a mandate, wrong', '/my/mandates/ask', 'resident', sendEmpty),
      seen('mandate, to grant', `/my/mandates/${waiting.id}`, 'resident'),
      seen('mandate, waiting', `/my/mandates/${company.id}`, 'second'),
      seen('presence code', '/my/presence-code', 'resident'),
      seen('who helped me', '/my/help', 'resident'),
      seen('help somebody', '/assist', 'officer'),
      seen('help somebody, wrong', '/assist', 'officer', sendEmpty),
      seen('mandates at the counter', '/officer/mandates', 'officer'),
      seen('mandate at the counter', `/officer/mandates/${company.reference}`, 'officer'),
      seen('letter of a mandate', `/officer/mandates/${company.reference}/letter`, 'officer'),
      seen('shared device', '/counter-device', 'officer'),
      seen('services, while helping', '/services', 'helper'),
      seen('my, while helping', '/my', 'helper'),
    ],
  }
}

async function helperSession(
  test: TestApp,
  sessions: Readonly<Record<'resident' | 'helper', string>>,
  post: (cookie: string, path: string, fields?: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<string> {
  assert.ok(await accountByAddress(test.app.platform, 'helper@harbourview.example'))
  await post(sessions.resident, '/my/presence-code')
  const shown = await send(test.url, { path: '/my/presence-code', headers: { cookie: sessions.resident } })
  const code = /st-reference"><bdi>([0-9A-Z-]{9})</.exec(shown.body)?.[1] ?? ''
  const began = await post(sessions.helper, '/assist', { code, purpose: 'application', minutes: '60' })
  return cookiesOf(began).find((line) => /session=/.test(line)) ?? assert.fail(`the helper begins: ${began.status}`)
}
