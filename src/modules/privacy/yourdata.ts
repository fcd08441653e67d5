import { element, html, type Html, type View } from '../../ui/index.ts'

const places = [
  ['/my/access', 'privacy.nav.access'],
  ['/my/data', 'privacy.nav.data'],
  ['/my/consents', 'privacy.nav.consents'],
  ['/my/privacy-choices', 'privacy.nav.choices'],
] as const

/** The ways between the pages about a person's own data. */
export function yourDataNav(view: View): Html {
  const items = places.map(
    ([href, key]) => html`<li>${element('a', { href, 'aria-current': view.path === href ? 'page' : null }, view.t(key))}</li>`,
  )
  return html`<nav class="st-nav st-queues" aria-label="${view.t('privacy.nav')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}
