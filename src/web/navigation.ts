import type { Translate } from '../platform/i18n.ts'
import { isStaff, may, visible } from '../modules/access/index.ts'
import { homeOf, type Visit } from '../modules/identity/index.ts'
import type { NavItem } from '../ui/index.ts'

/** A place of the header, or a room behind it: its address, the key of its name, and whether this visitor may come in. */
type Place = { readonly href: string; readonly key: string; may(visit: Visit, treasury: string | null): boolean }

const administers = (visit: Visit): boolean => may(visit.actor, 'identity.administer')
const reviews = (visit: Visit): boolean => may(visit.actor, 'identity.review')
const helps = (visit: Visit): boolean => may(visit.actor, 'assist.begin')
const confirms = (visit: Visit): boolean => may(visit.actor, 'mandates.confirm')
const proofs = (visit: Visit): boolean => may(visit.actor, 'people.proof')
const supervises = (visit: Visit): boolean => !administers(visit) && reviews(visit)
const sorts = (visit: Visit): boolean => {
  const { everything, ways } = visible(visit.actor, 'reports.triage')
  return everything || ways.length > 0
}
const audits = (visit: Visit): boolean => may(visit.actor, 'audit.read')

const reads = (visit: Visit, treasury: string | null): boolean =>
  may(visit.actor, 'money.books', treasury === null ? {} : { agency: treasury })

const bills = (visit: Visit, treasury: string | null): boolean => {
  const { everything, ways } = visible(visit.actor, 'money.read')
  return treasury !== null && (everything || ways.length > 0)
}

const billing = (visit: Visit, treasury: string | null): boolean => {
  const { everything, ways } = visible(visit.actor, 'money.work')
  return treasury !== null && (everything || ways.length > 0)
}

const worksForTreasury = (visit: Visit, treasury: string | null): boolean =>
  treasury !== null && may(visit.actor, 'money.work', { agency: treasury, consulted: [treasury] })

const tills = (visit: Visit): boolean => {
  const { everything, ways } = visible(visit.actor, 'money.till')
  return everything || ways.length > 0
}

/** The rooms of money; each of its pages is named here. */
const money: readonly Place[] = [
  { href: '/officer/money', key: 'ui.rooms.money', may: bills },
  { href: '/officer/money/bills', key: 'ui.rooms.bills', may: bills },
  { href: '/officer/money/items', key: 'ui.rooms.items', may: bills },
  { href: '/officer/money/approvals', key: 'ui.rooms.approvals', may: bills },
  { href: '/officer/money/reminders', key: 'ui.rooms.reminders', may: worksForTreasury },
  { href: '/officer/money/runs', key: 'ui.rooms.runs', may: reads },
  { href: '/officer/money/imports', key: 'ui.rooms.imports', may: billing },
  { href: '/officer/ledger', key: 'ui.nav.books', may: reads },
  { href: '/officer/money/transfers', key: 'ui.rooms.transfers', may: worksForTreasury },
  { href: '/officer/money/till', key: 'ui.rooms.till', may: tills },
  { href: '/officer/money/reconcile', key: 'ui.rooms.reconcile', may: reads },
]

const counter: readonly Place[] = [
  { href: '/officer/counter', key: 'ui.rooms.sign_in', may: proofs },
  { href: '/officer/mandates', key: 'ui.rooms.mandates', may: confirms },
  { href: '/assist', key: 'ui.rooms.assist', may: helps },
  { href: '/counter-device', key: 'ui.rooms.device', may: helps },
]

const reports: readonly Place[] = [
  { href: '/officer/reports', key: 'ui.rooms.reports', may: sorts },
  { href: '/officer/crew', key: 'ui.rooms.crew', may: sorts },
]

const administration: readonly Place[] = [
  { href: '/admin/staff', key: 'ui.rooms.staff', may: administers },
  { href: '/admin/reviews', key: 'ui.rooms.reviews', may: reviews },
  { href: '/admin/agencies', key: 'ui.rooms.agencies', may: administers },
  { href: '/admin/apps', key: 'ui.rooms.apps', may: (visit) => may(visit.actor, 'oidc.administer') },
  { href: '/admin/providers', key: 'ui.rooms.providers', may: administers },
  { href: '/admin/open311', key: 'ui.rooms.programs', may: (visit) => may(visit.actor, 'reports.clients') },
  {
    href: '/admin/money-clients',
    key: 'ui.rooms.money_clients',
    may: (visit, treasury) => treasury !== null && may(visit.actor, 'money.clients'),
  },
  { href: '/admin/portals', key: 'ui.rooms.portals', may: (visit) => may(visit.actor, 'privacy.portals') },
]

const staffPlaces: readonly Place[] = [
  { href: '/officer', key: 'ui.nav.queue', may: (visit) => homeOf(visit.actor) === '/officer' },
  { href: '/officer/reports', key: 'ui.nav.reports', may: sorts },
  { href: '/officer/counter', key: 'ui.nav.counter', may: proofs },
  { href: '/assist', key: 'ui.nav.assist', may: (visit) => helps(visit) && !proofs(visit) },
  { href: '/admin/staff', key: 'ui.nav.admin', may: administers },
  { href: '/admin/reviews', key: 'ui.nav.reviews', may: supervises },
  { href: '/audit/emergencies', key: 'ui.nav.emergencies', may: supervises },
  { href: '/audit', key: 'ui.nav.audit', may: audits },
  { href: '/officer/money', key: 'ui.nav.money', may: bills },
  // for whoever has bills too it is one of the rooms of money
  { href: '/officer/ledger', key: 'ui.nav.books', may: (visit, treasury) => reads(visit, treasury) && !bills(visit, treasury) },
  { href: '/services', key: 'ui.nav.services', may: () => true },
]

const residentPlaces: readonly Place[] = [
  { href: '/reports/new', key: 'ui.nav.report', may: () => true },
  { href: '/services', key: 'ui.nav.services', may: () => true },
  // whoever has signed in finds it below their applications
  { href: '/track', key: 'ui.nav.track', may: (visit) => visit.session === null },
  { href: '/my', key: 'ui.nav.my', may: (visit) => visit.session !== null },
]

/** Where the header leads this visitor; `treasury` is the agency that keeps the books, if the city has one. */
export function headerNav(visit: Visit, t: Translate, path: string, treasury: string | null): NavItem[] {
  const places = isStaff(visit.actor) ? staffPlaces : residentPlaces
  const items = itemsOf(places, visit, t, treasury)
  const among = roomsAt(path)
  // a room's place in the header is the first of its rooms that is named there
  const shown = items.find((item) => among.some(({ href }) => href === item.href)) ?? items.findLast((item) => lies(path, item.href))
  return items.map((item) => ({ ...item, current: item === shown }))
}

/** The rooms beside this page that the visitor may go to; none where there are not at least two. */
export function roomsNav(visit: Visit, t: Translate, path: string, treasury: string | null): NavItem[] {
  const items = itemsOf(roomsAt(path), visit, t, treasury)
  // a room may lie within another: the inner one is where the visitor is
  const here = items.filter((item) => lies(path, item.href)).toSorted((a, b) => b.href.length - a.href.length)[0]
  return items.length > 1 ? items.map((item) => ({ ...item, current: item === here })) : []
}

/** Everything that a member of staff has to do with, for their account's page. */
export function workOf(visit: Visit, t: Translate, treasury: string | null): NavItem[] {
  const others = staffPlaces.filter(({ href }) => ['/audit', '/audit/emergencies', '/officer/money', '/officer/ledger'].includes(href))
  return itemsOf([...staffPlaces.slice(0, 1), ...reports, ...counter, ...administration, ...others], visit, t, treasury)
}

function roomsAt(path: string): readonly Place[] {
  return [counter, reports, money, administration].find((rooms) => rooms.some(({ href }) => lies(path, href))) ?? []
}

function itemsOf(places: readonly Place[], visit: Visit, t: Translate, treasury: string | null): NavItem[] {
  return places.filter((place) => place.may(visit, treasury)).map(({ href, key }) => ({ href, label: t(key), current: false }))
}

function lies(path: string, href: string): boolean {
  return path === href || path.startsWith(`${href}/`)
}
