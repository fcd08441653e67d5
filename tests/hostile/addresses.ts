import assert from 'node:assert/strict'
import type { DeclaredRoute } from '../../src/platform/http/server.ts'

/** Which of the owner's things the names in a path stand for, by how the path begins; the first that fits holds. */
const named: ReadonlyArray<readonly [begins: string, things: Readonly<Record<string, string>>]> = [
  ['/cases/:reference', { reference: 'reference', letter: 'letter' }],
  ['/api/v1/cases/:reference', { reference: 'reference' }],
  ['/officer/cases/:id/files', { id: 'filed', file: 'file' }],
  ['/officer/cases/:id', { id: 'case', letter: 'letter' }],
  ['/officer/counter/accounts/:id', { id: 'account' }],
  ['/officer/mandates/:reference', { reference: 'mandateReference' }],
  ['/apply/:id/done', { id: 'done' }],
  ['/apply/:id', { id: 'journey' }],
  ['/resume/:id', { id: 'journey' }],
  ['/api/v1/journeys/:id', { id: 'journey' }],
  ['/my/mandates/:id', { id: 'mandate' }],
  ['/my/help/:id', { id: 'assistance' }],
  ['/my/data/cases/:reference', { reference: 'reference' }],
  ['/my/data/files/:file', { file: 'file' }],
  ['/my/data/export/:id', { id: 'export' }],
  ['/account/security/passkeys/:id', { id: 'passkey' }],
  ['/account/security/sessions/:id', { id: 'session' }],
  ['/account/providers/:provider', { provider: 'provider' }],
  ['/sign-in/with/:provider', { provider: 'provider' }],
  ['/oidc-consent/:uid', { uid: 'uid' }],
  ['/demo/national-id/choose/:uid', { uid: 'choice' }],
  ['/admin/staff/:id', { id: 'officer', grant: 'grant' }],
  ['/admin/apps/:id', { id: 'app' }],
  ['/admin/providers/:provider', { provider: 'provider' }],
  ['/admin/open311/:id', { id: 'client' }],
  ['/admin/money-clients/:id', { id: 'moneyClient', delivery: 'moneyClient' }],
  ['/officer/money/runs/:id', { id: 'taxRun' }],
  ['/officer/money/run-letters/:id', { id: 'taxRun' }],
  ['/api/v1/bills/:reference', { reference: 'billReference' }],
  ['/officer/crew/reports/:reference', { reference: 'reportReference', photo: 'photo' }],
  ['/officer/reports/:id', { id: 'report', photo: 'photo' }],
  ['/reports/:reference', { reference: 'reportReference', photo: 'photo' }],
  ['/open311/v2/requests/:id', { id: 'reportReference' }],
  ['/open311/v2/tokens/:id', { id: 'idempotencyKey' }],
  ['/officer/ledger/accounts/:id', { id: 'ledgerAccount' }],
  ['/officer/ledger/postings/:id', { id: 'posting' }],
  ['/pay/return/:attempt', { attempt: 'attempt' }],
  ['/pay/attempts/:id', { id: 'attempt' }],
  ['/pay/bills/:reference', { reference: 'billReference' }],
  ['/pay/receipts/:payment', { payment: 'payment' }],
  ['/officer/money/bills/:reference', { reference: 'billReference' }],
  ['/officer/money/items/:id', { id: 'item' }],
  ['/officer/money/approvals/:kind/:id', { id: 'proposal' }],
  ['/officer/money/reminders/letters/:id', { id: 'bill' }],
  ['/officer/money/transfers/entries/:id', { id: 'entry' }],
  ['/officer/money/transfers/statements/:id', { id: 'statement' }],
  ['/officer/money/transfers/files/:id', { id: 'transferFile' }],
  ['/officer/money/till/receipts/:id', { id: 'tillAct' }],
  ['/officer/money/till/:id', { id: 'tillSession' }],
  ['/audit/access/:id', { id: 'flag' }],
  ['/audit/emergencies/:id', { id: 'emergency' }],
  ['/audit/watch/:id', { id: 'watched' }],
]

/** What stands for no one's thing: parts of forms, and what the city shows everybody. */
const common: ReadonlyArray<readonly [begins: string, values: Readonly<Record<string, string>>]> = [
  ['/officer/cases/:id/preview', { template: 'decision' }],
  ['/apply/:id/p', { page: 'members_page', group: 'members', row: '0' }],
  ['/my/data/export', { format: 'json' }],
  ['/admin/agencies/:id', { id: 'transport' }],
  ['/agencies/:id', { id: 'transport' }],
  ['/life-events/:id', { id: 'moving_home' }],
  ['/services/:id', { id: 'library_card' }],
  ['/api/v1/services/:id', { id: 'library_card' }],
  ['/open311/v2/services/:id', { id: 'pothole' }],
  ['/officer/money/approvals/:kind/:id', { kind: 'proposal' }],
  ['/officer/money/run-letters/:id', { no: '1' }],
  ['/pay/webhooks/:provider', { provider: 'harbourbank' }],
]

/** The id that a name in a route's path stands for; fails for a name of which nobody has said what it stands for. */
export function standsFor(path: string, name: string, ids: Readonly<Record<string, string>>): string {
  const thing = named.find(([begins]) => path.startsWith(begins))?.[1][name]
  const value = thing === undefined ? common.find(([begins]) => path.startsWith(begins))?.[1][name] : ids[thing]
  return value ?? assert.fail(`what is :${name} in ${path}? name one of the owner's things`)
}

/** The path of a route with real ids in it. */
export function addressOf(path: string, ids: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([a-z]+)/gi, (_, name: string) => standsFor(path, name, ids))
}

/** Whether a path names something of somebody: the others name nothing, or what is everybody's. */
export function namesAThing({ path }: DeclaredRoute): boolean {
  return path.includes(':') && !open.some(([begins]) => path.startsWith(begins))
}

/** Where anybody may come whatever an address names, and why; that the owner's words are not there is swept all the same. */
export const open: ReadonlyArray<readonly [begins: string, why: string]> = [
  ['/services/', 'the catalogue is public, and anyone may begin'],
  ['/api/v1/services/', 'the catalogue is public, and anyone may begin'],
  ['/open311/v2/services/', 'what can be reported is public'],
  ['/life-events/', 'the catalogue is public'],
  ['/agencies/', 'the catalogue is public'],
  ['/assets/', 'the same for everybody'],
  ['/pay/webhooks/', 'takes messages with the signature of the provider, and tells nothing'],
  ['/resume/', 'asks for the code of the application, and tells nothing of it before'],
  ['/sign-in/with/', 'begins a sign-in; its end, without the cookie of the browser that began it, says so (422)'],
]

/** Where not even its owner comes to a thing by its address, and why. */
export const closed: ReadonlyArray<readonly [begins: string, why: string]> = [
  ['/reports/:reference/photos/', 'pictures of a report that is hidden are shown to nobody but staff'],
  ['/open311/v2/requests/', 'the protocol knows no owners: what is hidden is hidden from all'],
  ['/open311/v2/tokens/', 'asks for the key of the program that sent it'],
  ['/api/v1/bills/', 'asks for the key of the program that sent it'],
  ['/officer/money/run-letters/', 'letters are there when a run is done; tests/payments/assessments.test.ts fetches some'],
  ['/officer/money/reminders/letters/', 'a letter is there after its step; tests/payments/reminders.test.ts reads one'],
  ['/pay/return/', 'asks for the signature of the address that the provider was given'],
]

/** What the libraries answer by themselves, in the shape of RFC 6749, 5.2; they are called by servers, and by pages elsewhere. */
export const libraries = ['/oidc/', '/demo/national-id/'] as const

/** Whether a library answers there; choosing who to be at the invented national ID is a page of ours. */
export function isLibrary(path: string): boolean {
  return libraries.some((begins) => path.startsWith(begins)) && !path.startsWith('/demo/national-id/choose/')
}

/** Who comes to which pages by a role of theirs, and why. */
export const rights: ReadonlyArray<readonly [seat: string, begins: string, why: string]> = [
  ['fire', '/officer/counter', 'a counter serves everybody (team-proves-identity); who is looked up sees it in their list'],
  ['fire', '/officer/mandates', 'a counter serves everybody (team-confirms-mandates); who is looked up sees it in their list'],
  ['admin', '/admin', 'administrators administer; no page of theirs shows a resident'],
  ['admin', '/audit/watch', 'administrators keep the watch list too'],
  ['auditor', '/audit', 'auditors audit; no page of theirs shows a resident'],
  ['auditor', '/officer/ledger', 'auditors read the books, which name nobody'],
  ['auditor', '/officer/money/runs', 'auditors read the tax runs: counts, sums and numbers of parcels'],
]

/** Whether somebody comes to a path by a role of theirs. */
export function byRight(seat: string, path: string): boolean {
  return rights.some(([who, begins]) => who === seat && path.startsWith(begins))
}
