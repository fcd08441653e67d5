import type { BrowserContext, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { answerKind } from '../../src/modules/fields/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import { makeActing } from './acting.ts'
import type { TestApp } from './app.ts'
import { formBody, send } from './client.ts'
import { bookFee } from './booking.ts'
import { makeCounterPages } from './counterpages.ts'
import { makeCrewPages } from './crewpages.ts'
import { makeDeskPages } from './deskpages.ts'
import { makeDoors } from './doors.ts'
import { sendEmpty } from './looks.ts'
import { makePayPages } from './paypages.ts'
import { makeProgramPages } from './programpages.ts'
import { makeReportPages } from './reportpages.ts'
import { makeTriage } from './triagepages.ts'
import { actOnCase, answerAll, type Applied, applyFor, begin, sessionOf } from './world.ts'

/** Whose eyes a page is seen with; null is nobody who is signed in. */
export type Seat = 'resident' | 'officer' | 'second' | 'admin' | 'auditor' | 'fire' | 'helper' | 'crew' | 'supervisor' | null

/** A page of each make that the program has: how to come to it, what to do there first, and where one then is unless at its path. */
export type Template = {
  readonly name: string
  readonly path: string
  readonly seat: Seat
  readonly act?: ((page: Page) => Promise<void>) | undefined
  readonly at?: RegExp | undefined
}

/** A city in which every kind of page has something to show. */
export type Templates = { readonly pages: readonly Template[]; sit(context: BrowserContext, seat: NonNullable<Seat>): Promise<void> }

const publicPages: Record<string, string> = {
  home: '/',
  services: '/services',
  search: '/services?q=permit',
  'search without result': '/services?q=xyzzy',
  service: '/services/resident_parking_permit',
  'life event': '/life-events/moving_home',
  agency: '/agencies/transport',
  about: '/about',
  accessibility: '/accessibility',
  privacy: '/privacy',
  contact: '/contact',
  register: '/register',
  verify: '/register/verify',
  reset: '/reset',
  'sign in by e-mail': '/sign-in/link',
  'code of the e-mail': '/sign-in/link/use',
  'sign in by letter': '/sign-in/letter',
  'reset code': '/reset/code',
  setup: '/setup',
  track: '/track',
  'check a letter': '/check',
  'not found': '/nowhere',
  demo: '/demo',
  mailbox: '/demo/mailbox',
  authenticator: '/demo/authenticator',
}

/** Takes the page's files and rows away and goes on without them. */
async function sendWithoutParts(page: Page): Promise<void> {
  const remove = page.locator('button[name=_remove_file], button[name=_remove_row]')
  for (let left = await remove.count(); left > 0; left -= 1) {
    await remove.first().click()
    await page.waitForLoadState()
  }
  await sendEmpty(page)
}

/** Signs an officer in as far as the second step. */
async function secondStep(page: Page): Promise<void> {
  await page.locator('[name=email]').fill('officer@harbourview.example')
  await page.locator('[name=password]').fill(DEMO_PASSWORD)
  await page.locator('form[action="/sign-in"] button').click()
  await page.waitForURL(/second-step/)
}

/** Begins to set up an authenticator app, unless that was begun before. */
async function newApp(page: Page): Promise<void> {
  if (page.url().endsWith('/app')) return
  await page.locator('form[action="/account/security/app"] button').click()
  await page.waitForURL(/security\/app$/)
}

/** Writes about a case that nobody showed the code of, so that the words come back. */
async function writeSignedOut(page: Page): Promise<void> {
  await page.evaluate(`{
    const form = Object.assign(document.createElement('form'), { method: 'post', action: '/cases/PKP-0000-0000/message' })
    form.append(Object.assign(document.createElement('textarea'), { name: 'text', value: 'My car is blue, not green.' }))
    document.body.append(form)
    form.submit()
  }`)
  await page.waitForURL(/\/message$/)
}

/** Makes the city and lists its pages. */
export async function makeTemplates(test: TestApp): Promise<Templates> {
  const sessions = {
    resident: await sessionOf(test, 'resident@harbourview.example'),
    officer: await sessionOf(test, 'officer@harbourview.example'),
    second: await sessionOf(test, 'second.officer@harbourview.example'),
    admin: await sessionOf(test, 'admin@harbourview.example'),
    auditor: await sessionOf(test, 'auditor@harbourview.example'),
    fire: await sessionOf(test, 'fire@harbourview.example'),
    helper: await sessionOf(test, 'helper@harbourview.example'),
    crew: await sessionOf(test, 'crew.roads@harbourview.example'),
    supervisor: await sessionOf(test, 'supervisor@harbourview.example'),
  }
  const call = (ask: Parameters<typeof send>[1]): ReturnType<typeof send> => send(test.url, ask)
  const cookie = sessions.resident
  const cases = {
    open: await applyFor(test, 'resident_parking_permit', { cookie }),
    asked: await applyFor(test, 'street_event_permit', { cookie }),
    decided: await applyFor(test, 'change_of_address', { cookie }),
    proposed: await applyFor(test, 'food_business_licence_renewal', { cookie }),
  }
  const act = (name: keyof typeof cases, kind: string, fields: Record<string, string>): Promise<void> =>
    actOnCase(test, sessions.officer, cases[name].caseId, kind, fields)
  await act('asked', 'request', { text: 'Please say how many tables there will be.' })
  for (const transition of ['start_review', 'grant']) await act('decided', 'step', { transition, text: 'All in order.' })
  for (const transition of ['start_review', 'grant_without_inspection'])
    await act('proposed', 'step', { transition, text: 'All in order.' })
  await act('open', 'note', { text: 'Seen the photo.' })
  await act('open', 'message', { text: 'We have it.' })
  const drafts = await Promise.all(
    ['street_event_permit', 'energy_cost_benefit', 'food_business_licence_renewal', 'visitor_tax_return', 'library_card'].map(
      async (service) => {
        const begun = await begin(call, service, cookie)
        await answerAll(call, begun.journey, begun.token, ({ id }) => (id === 'handling_changed' ? true : undefined))
        return { service, ...begun }
      },
    ),
  )
  const [withoutFile, withoutRows] = await Promise.all(
    ['street_event_permit', 'energy_cost_benefit'].map(async (service) => {
      const begun = await begin(call, service, cookie)
      await answerAll(call, begun.journey, begun.token)
      return begun.journey
    }),
  )
  await makeOversight(test, sessions, cases.open)
  const acting = await makeActing(test, sessions)
  sessions.helper = acting.helper
  const doors = await makeDoors(test, sessions, cases.open)
  await test.settle()
  const at = (service: string): string => `/apply/${drafts.find((draft) => draft.service === service)?.journey ?? ''}`
  const seen = (name: string, path: string, seat: Seat = 'resident', todo?: Template['act']): Template => ({ name, path, seat, act: todo })
  const pages: Template[] = [
    ...Object.entries(publicPages).map(([name, path]) => seen(name, path, null)),
    seen('sign in', '/sign-in', null),
    seen('sign in, wrong', '/sign-in', null, sendEmpty),
    seen('sign in, second step', '/sign-in/second-step', null, secondStep),
    seen('how you sign in', '/account/security'),
    seen('authenticator app', '/account/security/app', 'resident', newApp),
    seen('new password', '/account/security/password'),
    seen('a surer sign-in', '/sign-in?level=high&next=/my'),
    seen('counter', '/officer/counter', 'officer'),
    seen('track, wrong', '/track', null, sendEmpty),
    { ...seen('form kept', '/track', null, writeSignedOut), at: /\/message$/ },
    seen('register, wrong', '/register', null, sendEmpty),
    ...(await Promise.all(drafts.map(({ service, journey, token }) => questionPages(test, service, journey, token)))).flat(),
    seen('question file, wrong', `/apply/${withoutFile ?? ''}/p/site_plan_page`, 'resident', sendWithoutParts),
    seen('question repeating_group, wrong', `/apply/${withoutRows ?? ''}/p/members_page`, 'resident', sendWithoutParts),
    seen('task list', at('energy_cost_benefit')),
    seen('row', `${at('energy_cost_benefit')}/p/members_page/members/0`),
    seen('row, wrong', `${at('energy_cost_benefit')}/p/members_page/members/0`, 'resident', sendEmpty),
    seen('check answers', `${at('street_event_permit')}/check`),
    seen('later', `${at('street_event_permit')}/later`),
    seen('resume', `/resume/${drafts[0]?.journey ?? ''}`),
    seen('done', `/apply/${cases.open.journey}/done`),
    seen('my', '/my'),
    seen('case, open', `/cases/${cases.open.reference}`),
    seen('case, information asked', `/cases/${cases.asked.reference}`),
    seen('case, decided', `/cases/${cases.decided.reference}`),
    seen('withdraw', `/cases/${cases.open.reference}/withdraw`),
    seen('queue', '/officer?queue=agency', 'officer'),
    seen('officer case', `/officer/cases/${cases.open.caseId}`, 'officer'),
    seen('officer case, decided', `/officer/cases/${cases.decided.caseId}`, 'officer'),
    seen('four eyes, proposed', `/officer/cases/${cases.proposed.caseId}`, 'officer'),
    seen('four eyes, to confirm', `/officer/cases/${cases.proposed.caseId}`, 'second'),
  ]
  pages.push(
    ...(await oversightPages(test, cases.open)),
    ...acting.pages,
    ...(await makeTriage(test, sessions.officer)),
    ...doors,
    ...(await makeReportPages(test)),
    ...(await makeProgramPages(test)),
    ...(await makeDeskPages(test)),
    ...(await makeCrewPages(test)),
    ...(await makePayPages(test)),
    ...(await makeCounterPages(test)),
  )
  return {
    pages: distinct(pages),
    async sit(context, seat) {
      const [name = '', value = ''] = sessions[seat].split('=')
      await context.addCookies([{ name, value, url: test.url, httpOnly: true, sameSite: 'Lax' }])
    },
  }
}

/** The page of every question that a journey comes by, as it is and with what is wrong. */
async function questionPages(test: TestApp, service: string, journey: string, token: string): Promise<Template[]> {
  const { pages } = test.app.catalogue.offer(service).definition.form
  const all = pages.map(async (page) => {
    const kinds = page.questions.map((question) => answerKind(question)).join(' and ')
    const path = `/apply/${journey}/p/${page.id}`
    const { body } = await send(test.url, { path, headers: { cookie: `stoa_journey=${token}` } })
    if (!body.includes('id="question-form"')) return []
    const wrong = page.questions.some((question) => question.kind === 'file' || question.kind === 'repeating_group')
      ? []
      : [{ name: `question ${kinds}, wrong`, path, act: sendEmpty }]
    return [{ name: `question ${kinds}`, path }, ...wrong].map((template) => ({ ...template, seat: 'resident' as const }))
  })
  return (await Promise.all(all)).flat()
}

/** The first page of each name. */
function distinct(pages: readonly Template[]): Template[] {
  return [...new Map(pages.toReversed().map((page) => [page.name, page])).values()].toReversed()
}

/** Gives the administrators and the auditor something to look at: an emergency access, a watched person, a review that is due. */
async function makeOversight(test: TestApp, sessions: Readonly<Record<'fire' | 'auditor', string>>, open: Applied): Promise<void> {
  const post = (cookie: string, path: string, fields: Readonly<Record<string, string>>): ReturnType<typeof send> => {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    return send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  await post(sessions.auditor, '/audit/watch', { reference: open.reference })
  const explanation = 'Smoke was seen at this address and somebody may be inside.'
  await post(sessions.fire, '/officer/emergency', { reference: open.reference, reason: 'danger_to_life', explanation })
  await send(test.url, { path: `/officer/cases/${open.caseId}`, headers: { cookie: sessions.fire } })
  const due = "update identity.role_binding set review_due_at = now() where role in ('officer', 'administrator')"
  await query(test.app.platform.db, due)
}

/** The pages of administrators and auditors, and of break-glass access. */
async function oversightPages(test: TestApp, open: Applied): Promise<Template[]> {
  const officer = await accountByAddress(test.app.platform, 'parking@harbourview.example')
  const admin = [
    '/admin/staff',
    `/admin/staff/${officer?.id}`,
    '/admin/reviews',
    '/admin/agencies',
    '/admin/agencies/new',
    '/admin/agencies/transport',
  ]
  const audit = ['/audit', '/audit/access', '/audit/emergencies', '/audit/journal', '/audit/grants', '/audit/policies', '/audit/watch']
  const booked = await bookFee(test)
  const books = [
    '/officer/ledger',
    '/officer/ledger/journal',
    `/officer/ledger/accounts/${booked.account}`,
    `/officer/ledger/postings/${booked.posting}`,
  ]
  const named = (paths: readonly string[], seat: Seat): Template[] =>
    paths.map((path) => ({ name: path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'one'), path, seat }))
  return [
    ...named(admin, 'admin'),
    ...named(audit, 'auditor'),
    ...named(books, 'auditor'),
    ...named(['/officer/ledger/close'], 'supervisor'),
    { name: 'agency, wrong', path: '/admin/agencies/new', seat: 'admin', act: sendEmpty },
    { name: 'emergency', path: `/officer/emergency?reference=${open.reference}`, seat: 'fire' },
    { name: 'emergency, wrong', path: '/officer/emergency', seat: 'fire', act: sendEmpty },
    { name: 'officer case, in an emergency', path: `/officer/cases/${open.caseId}`, seat: 'fire' },
    { name: 'case, after an emergency', path: `/cases/${open.reference}`, seat: 'resident' },
  ]
}
