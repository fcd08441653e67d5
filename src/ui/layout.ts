import { html, trusted, type Content, type Html } from './html.ts'
import { type TypedForm, typedForm } from './typed.ts'
import { plainWords, wordingOf, words, type View } from './view.ts'
import { element } from './components/element.ts'
import { icon } from './components/icon.ts'

/** What a page gives to the layout. */
export type PageParts = {
  title: string
  main: Html
  /** The path of the page that an act is answered with, when it is not the act's own and not the nearest one above it. */
  path?: string
  back?: { href: string; label?: string }
  /**
   * The page's form, when it keeps typed work itself: language buttons then post it with `_lang` to where it goes. Enter in
   * a field posts it without any button's name: its main button must not need one. Without it the form in which most is
   * typed goes to `/language`, which draws the page again with what was typed.
   */
  formId?: string
  /** Uses the whole width, for tables and queues. */
  wide?: boolean
  /** How many errors are shown; the title then says so. */
  errors?: number
  /** The address of the events that mean this page has changed. */
  live?: string
  description?: string
  /** More for `head`, such as feeds. */
  head?: Html
}

/** Where language buttons send a form that is to be drawn again with what was typed in it. */
export const LANGUAGE_PATH = '/language'

/** How long a shared device waits without activity before it forgets everything, in seconds. */
const SHARED_SECONDS = 180

/**
 * The same page with the browser's own filling-in turned off in every form and field. Quotes and angle brackets in texts
 * and values are escaped, so what looks like a tag here is one.
 */
export function withoutSuggestions(page: string): string {
  return page.replaceAll(/ autocomplete="[^"]*"/g, '').replaceAll(/<(form|input|textarea|select)(?=[\s>])/g, '<$1 autocomplete="off"')
}

/** The whole document around a page. */
export function layout(view: View, page: PageParts): Html {
  const city = plainWords(view, view.city.name)
  const typed = page.formId === undefined ? typedForm(page.main.text) : null
  const title = page.errors ? view.t('ui.title_error', { title: page.title }) : page.title
  return html`<!doctype html>
    <html lang="${view.locale}" dir="${view.dir}" data-color-scheme="auto">
      <head>
        <meta charset="utf-8" />
        <title>${title === city ? city : `${title} – ${city}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="${page.description ?? plainWords(view, view.city.tagline)}" />
        <link rel="stylesheet" href="${view.assets.css}" />
        <link rel="stylesheet" href="${view.assets.theme}" />
        <link rel="icon" href="${view.assets.icon}" />
        ${page.head}
        ${view.shared ? leaveWithoutScript() : null}
        <script type="module" src="${view.assets.script}"></script>
      </head>
      <body data-live="${page.live ?? ''}" data-shared="${view.shared ? SHARED_SECONDS : ''}">
        <a class="ds-skip-link" href="#main">${view.t('ui.skip')}</a>
        ${header(view, page, typed)}
        <div class="${page.wide ? 'st-page st-wide' : 'st-page'}">
          ${rooms(view)}
          ${page.back ? html`<nav class="st-back" aria-label="${view.t('ui.back_nav')}"><a class="ds-link" href="${page.back.href}">${page.back.label ?? view.t('ui.back')}</a></nav>` : null}
          <main id="main" tabindex="-1">${typed ? trusted(typed.main) : page.main}</main>
        </div>
        ${footer(view)} ${session(view)}
        <div
          id="live-region"
          class="st-live"
          role="status"
          data-text="${view.t('ui.live.updated')}"
          data-label="${view.t('ui.live.reload')}"
        ></div>
      </body>
    </html>`
}

function header(view: View, page: PageParts, typed: TypedForm | null): Html {
  const home = view.viewer?.officer ? '/officer' : '/'
  return html`<header class="st-header">
    ${view.demo ? html`<p class="st-demo"><a class="ds-link" href="/demo"><strong>${view.t('ui.demo')}</strong></a> ${view.t('ui.demo_text')}</p>` : null}
    <div class="st-bar">
      <a class="st-brand" href="${home}">
        ${view.assets.logo ? html`<img src="${view.assets.logo}" alt="" width="40" height="40" />` : null}
        <span>${words(view, view.city.name)}</span>
      </a>
      ${account(view)} ${languages(view, page, typed)}
    </div>
    ${view.nav.length > 0 ? navigation(view) : null}
  </header>
  ${acting(view)} ${sharedDevice(view)}`
}

/** For whom the reader acts, on every page, with the way out of it. */
function acting(view: View): Content {
  if (!view.acting) return null
  const { kind, state, label } = view.acting
  const who = label === null ? view.t('ui.acting.somebody') : html`<bdi>${label}</bdi>`
  const ended = state === 'ended'
  return html`<section class="st-acting" data-color="warning" data-state="${state}" aria-label="${view.t('ui.acting')}">
    <p>
      ${ended ? (label === null ? null : html`<strong>${who}</strong>: `) : html`<strong>${view.t(`ui.acting.${kind}`)} ${who}</strong>`}
      ${state === 'on' ? null : view.t(`ui.acting.${state}`)}
    </p>
    <form method="post" action="/acting/end"><button class="st-account" type="submit">${view.t(ended ? 'ui.acting.understood' : `ui.acting.stop.${kind}`)}</button></form>
  </section>`
}

/** Without scripts nobody sees whether somebody is still there: the page then leads away by itself. */
function leaveWithoutScript(): Html {
  const content = `${SHARED_SECONDS}; url=/goodbye`
  return element('noscript', {}, element('meta', { 'http-equiv': 'refresh', content }))
}

/** What a shared device says of itself, with the way to make it forget at once. */
function sharedDevice(view: View): Content {
  if (!view.shared) return null
  return html`<section class="st-acting" data-color="info" data-state="shared" aria-label="${view.t('ui.shared')}">
    <p>${view.t('ui.shared.text')}</p>
    <form method="post" action="/goodbye"><button class="st-account" type="submit">${view.t('ui.shared.leave')}</button></form>
  </section>`
}

function navigation(view: View): Html {
  const items = view.nav.map((item) => {
    const count = item.count === undefined ? null : html` <span class="st-count">${view.t('ui.number', { n: item.count })}</span>`
    return html`<li>${element('a', { href: item.href, 'aria-current': item.current ? 'page' : null }, [item.label, count])}</li>`
  })
  return html`<nav class="st-nav" aria-label="${view.t('ui.nav')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}

/** The pages beside this one, as a row of links. */
function rooms(view: View): Content {
  if (!view.rooms || view.rooms.length === 0) return null
  const items = view.rooms.map(
    (room) => html`<li>${element('a', { href: room.href, 'aria-current': room.current ? 'page' : null }, room.label)}</li>`,
  )
  return html`<nav class="st-nav st-rooms" aria-label="${view.t('ui.rooms')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}

/** The name of a language in itself. */
function ownName(tag: string): string {
  const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1)
}

function languages(view: View, page: PageParts, typed: TypedForm | null): Content {
  const all = [...view.city.languages, ...(view.also ?? []).map((tag) => ({ tag, name: ownName(tag) }))]
  if (view.city.languages.length === 0 || all.length < 2) return null
  const { path, query } = page.path === undefined ? (view.page ?? view) : { path: page.path, query: '' }
  const formId = page.formId ?? typed?.id
  const takesAlong = {
    formaction: typed && `${LANGUAGE_PATH}?${new URLSearchParams({ page: path + query, form: typed.action }).toString()}`,
    // files do not travel: they would have to be chosen again in any case
    formenctype: typed && 'application/x-www-form-urlencoded',
    formmethod: typed && 'post',
  }
  const items = all.map((language) => {
    const common = { lang: language.tag, class: 'st-language' }
    if (language.tag === wordingOf(view)) return html`<li>${element('span', { ...common, 'aria-current': 'true' }, language.name)}</li>`
    if (formId) {
      const sends = { type: 'submit', form: formId, name: '_lang', value: language.tag, formnovalidate: true }
      return html`<li>${element('button', { ...common, ...sends, ...takesAlong }, language.name)}</li>`
    }
    const rest = query ? `&${query.slice(1)}` : ''
    const href = `${path}?lang=${encodeURIComponent(language.tag)}${rest}`
    return html`<li>${element('a', { ...common, href, hreflang: language.tag, rel: 'alternate' }, language.name)}</li>`
  })
  // Enter in a field presses the form's first button in the document: without this one that would be a language
  const enter = formId
    ? element('button', { type: 'submit', form: formId, class: 'ds-sr-only', tabindex: -1, 'aria-hidden': 'true', ...typed?.enter })
    : null
  return html`${enter}
    <nav class="st-languages" aria-label="${view.t('ui.languages')}">
      <ul>
        ${items}
      </ul>
    </nav>`
}

function account(view: View): Html {
  if (!view.viewer) return html`<div class="st-tools"><a class="st-account" href="/sign-in">${view.t('ui.sign_in')}</a></div>`
  return html`<div class="st-tools">
    <a class="st-account" href="/account"><span class="ds-sr-only">${view.t('ui.account')}: </span><bdi>${view.viewer.label}</bdi></a>
    <form method="post" action="/sign-out"><button class="st-account" type="submit">${view.t('ui.sign_out')}</button></form>
  </div>`
}

function footer(view: View): Html {
  const { phone, email, address } = view.city.contact
  const links = [
    ['/about', 'ui.footer.about'],
    ['/accessibility', 'ui.footer.accessibility'],
    ['/privacy', 'ui.footer.privacy'],
    ['/my/privacy-choices', 'ui.footer.choices'],
    ['/contact', 'ui.footer.contact'],
  ] as const
  return html`<footer class="st-footer">
    <div class="st-footer-inner">
      <div>
        <h2>${words(view, view.city.name)}</h2>
        <p>${words(view, view.city.tagline)}</p>
      </div>
      <address>
        <a href="${`tel:${phone.replaceAll(/[^+\d]/g, '')}`}"><bdi>${phone}</bdi></a>
        <a href="${`mailto:${email}`}"><bdi>${email}</bdi></a>
        <span>${words(view, address)}</span>
      </address>
      <nav aria-label="${view.t('ui.footer.nav')}">
        <ul>
          ${links.map(([href, key]) => html`<li><a href="${href}">${view.t(key)}</a></li>`)}
        </ul>
      </nav>
    </div>
  </footer>`
}

/** The dialog that asks before a session ends. The script shows it; without the script nothing typed is lost, because signing in returns to the saved draft. */
function session(view: View): Content {
  if (view.sessionSeconds === null) return null
  return html`<dialog
    id="session"
    class="st-dialog"
    aria-labelledby="session-title"
    data-session-seconds="${view.sessionSeconds}"
    data-locale="${view.locale}"
  >
    <span class="st-dialog-icon">${icon('clock')}</span>
    <h2 id="session-title">${view.t('ui.session.title')}</h2>
    <p>${view.t('ui.session.text')} <span data-countdown role="timer"></span></p>
    <form method="post" action="/session/extend"><button class="ds-button" type="submit">${view.t('ui.session.extend')}</button></form>
  </dialog>`
}
