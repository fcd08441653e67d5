import { type Content, element, html, type Html, type View, words } from '../../../ui/index.ts'
import type { Names } from '../service.ts'

const PAGES = [
  ['/audit', 'audit.title'],
  ['/audit/access', 'audit.access.title'],
  ['/audit/emergencies', 'audit.emergencies.title'],
  ['/audit/journal', 'audit.journal.title'],
  ['/audit/grants', 'audit.grants.title'],
  ['/audit/policies', 'audit.policies.title'],
  ['/audit/watch', 'audit.watch.title'],
] as const

/** The rooms of the auditor, as a list of links. */
export function auditNav(view: View): Html {
  return html`<nav class="st-nav st-queues" aria-label="${view.t('audit.nav')}">
    <ul>
      ${PAGES.map(([href, key]) => html`<li>${element('a', { href, 'aria-current': view.path === href ? 'page' : null }, view.t(key))}</li>`)}
    </ul>
  </nav>`
}

/** A member of staff by official name, else by id. */
export function staffName(account: string, names: Names): Html {
  return html`<bdi>${names.get(account) ?? account}</bdi>`
}

/** Who did something, as the journal names them; members of staff by official name too. */
export function actorText(actor: string, names: Names): Content {
  const account = /^account:([0-9a-f-]{36})$/.exec(actor)?.[1]
  const name = account === undefined ? undefined : names.get(account)
  return name === undefined ? html`<code>${actor}</code>` : html`<bdi>${name}</bdi><br /><code>${actor}</code>`
}

/** The name of an agency; all of them when there is none, the id when the city has it no more. */
export function agencyText(view: View, id: string | null): Content {
  if (id === null) return view.t('audit.all_agencies')
  const agency = [...view.city.agencies, ...view.city.organisations].find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}
