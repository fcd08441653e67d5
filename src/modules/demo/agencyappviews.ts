import { alert, button, html, linkButton, type PageParts, summaryList, type View } from '../../ui/index.ts'
import { levels } from '../access/index.ts'
import type { Learned } from './agencyappcookies.ts'

/** The page of the demo's agency application: the way in, or what it learned of the person. */
export function appPage(view: View, learned: Learned | null, path: string): PageParts {
  const { t } = view
  const title = t('demo.app.title')
  const main = html`<h1>${title}</h1>
    <p class="st-lead">${t('demo.app.lead')}</p>
    ${learned === null ? html`<p>${linkButton(`${path}/sign-in`, t('demo.app.sign_in'))}</p>` : told(view, learned, path)}
    <p>${t('demo.app.how')}</p>
    <p><a class="ds-link" href="/account/apps">${t('demo.app.access')}</a></p>`
  return { title, main }
}

/** The page after a sign-in that was refused or did not work. */
export function failedPage(view: View, path: string): PageParts {
  const { t } = view
  const title = t('demo.app.failed')
  return {
    title,
    main: html`<h1>${title}</h1>
      ${alert('warning', null, html`<p>${t('demo.app.failed.text')}</p>`)}
      <p>${linkButton(path, t('demo.app.back'))}</p>`,
  }
}

function told(view: View, learned: Learned, path: string): PageParts['main'] {
  const { t } = view
  const value = (text: string) => html`<bdi>${text}</bdi>`
  return html`<h2>${t('demo.app.learned')}</h2>
    ${summaryList([
      { key: t('demo.app.name'), value: value(learned.name) },
      { key: t('demo.app.email'), value: value(learned.email) },
      { key: t('demo.app.sub'), value: html`<code><bdi dir="ltr">${learned.sub}</bdi></code>` },
      { key: t('demo.app.acr'), value: surely(view, learned.acr) },
    ])}
    <form method="post" action="${`${path}/sign-out`}">${button(t('demo.app.sign_out'), { kind: 'secondary' })}</form>`
}

/** The level in words, as the last part of its name says it (eIDAS: low, substantial, high). */
function surely(view: View, acr: string): string {
  const level = levels.find((each) => acr.endsWith(`:${each}`))
  return level ? view.t(`identity.level.${level}`) : acr
}
