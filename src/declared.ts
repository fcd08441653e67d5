import { fileURLToPath } from 'node:url'
import { loadMessages, type Messages } from './platform/i18n.ts'
import type { EventType } from './platform/journal/event.ts'
import type { Migrations } from './platform/migrate.ts'
import { auditEvents } from './modules/audit/events.ts'
import { operationsEvents } from './modules/operations/events.ts'
import { peopleEvents } from './modules/people/events.ts'
import { federationEvents } from './modules/federation/events.ts'
import { identityEvents } from './modules/identity/events.ts'
import { messageEvents } from './modules/messages/events.ts'
import { caseEvents } from './modules/cases/events.ts'
import { journeyEvents } from './modules/journeys/events.ts'
import { oidcEvents } from './modules/oidc/events.ts'
import { representationEvents } from './modules/representation/events.ts'
import { reportEvents } from './modules/reports/events.ts'
import { ledgerEvents } from './modules/ledger/events.ts'
import { paymentEvents } from './modules/payments/events.ts'
import { privacyEvents } from './modules/privacy/events.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The modules that have tables, in floor order; the platform's own first. */
const withTables = [
  'people',
  'identity',
  'federation',
  'oidc',
  'messages',
  'catalogue',
  'cases',
  'journeys',
  'representation',
  'reports',
  'ledger',
  'payments',
  'privacy',
  'performance',
  'audit',
  'demo',
] as const

/** Every migration of the program, in the order they run. */
export function allMigrations(): Migrations[] {
  return [
    { module: 'journal', folder: here('./platform/journal/migrations') },
    ...withTables.map((name) => ({ module: name, folder: here(`./modules/${name}/migrations`) })),
  ]
}

const withWords = [
  'catalogue',
  'identity',
  'identity/grants',
  'federation',
  'oidc',
  'cases',
  'cases/letters',
  'cases/emergency',
  'journeys',
  'representation',
  'reports',
  'reports/ask',
  'reports/crews',
  'reports/open311',
  'reports/page',
  'reports/peers',
  'reports/public',
  'reports/triage',
  'ledger',
  'payments/agencies',
  'payments/assessments',
  'payments/attempts',
  'payments/desk',
  'payments/documents',
  'payments/fees',
  'payments/mail',
  'payments/pay',
  'payments/refunds',
  'payments/reminders',
  'payments/transfers',
  'payments/till',
  'payments/reconcile',
  'privacy',
  'performance',
  'audit',
  'demo',
] as const

/** The words of every module and the design system. */
export function allMessages(): Promise<Messages> {
  return loadMessages([here('./ui/locales'), ...withWords.map((name) => here(`./modules/${name}/locales`))])
}

/** Every type of event; a type declared twice is a bug. */
export function allEvents(): ReadonlyMap<string, EventType> {
  const all = [
    ...peopleEvents,
    ...identityEvents,
    ...federationEvents,
    ...oidcEvents,
    ...messageEvents,
    ...caseEvents,
    ...journeyEvents,
    ...representationEvents,
    ...reportEvents,
    ...ledgerEvents,
    ...paymentEvents,
    ...privacyEvents,
    ...operationsEvents,
    ...auditEvents,
  ]
  return new Map(all.map((event) => [event.type, event]))
}
