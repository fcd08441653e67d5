import {
  alert, button, dataTable, direction, errorSummary, html, type Html, instant, selectField, summaryList, textField, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import type { Translate } from '../../../platform/i18n.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { FormErrors } from '../views.ts'
import type { CounterAccount, SignInLetter } from './service.ts'

/** What the counter's page shows. */
export type CounterShown = {
  readonly account: CounterAccount | null
  readonly waiting: ReadonlyArray<{ readonly id: string; readonly number: string; readonly asked: Date }>
  readonly typed: string
  readonly said: string | null
  readonly errors: FormErrors
}

/** The page of the counter: find an account or make one, print its letter, note that papers were seen. */
export function counterPage(view: View, o: CounterShown): Html {
  const { t } = view
  return html`${o.said ? alert('success', null, html`<p>${o.said}</p>`) : null}
    ${errorSummary(
      view,
      Object.entries(o.errors).map(([field, text]) => ({ href: `#${field}`, text })),
    )}
    <h1>${t('identity.counter.title')}</h1>
    <p class="st-lead">${t('identity.counter.lead')}</p>
    ${o.account ? accountCard(view, o.account) : null}
    <h2>${t('identity.counter.find')}</h2>
    <form method="post" novalidate class="st-form" action="/officer/counter">
      ${textField({ id: 'who', name: 'who', label: t('identity.counter.who'), hint: t('identity.counter.who.hint'), value: o.typed, error: o.errors['who'], dir: 'ltr', spellcheck: false })}
      ${button(t('identity.counter.find.submit'), { kind: o.account ? 'secondary' : 'primary' })}
    </form>
    <h2>${t('identity.counter.add')}</h2>
    <p>${t('identity.counter.add.text')}</p>
    <form method="post" novalidate class="st-form" action="/officer/counter/accounts">
      ${textField({ id: 'name', name: 'name', label: t('identity.counter.name'), error: o.errors['name'] })}
      ${selectField({
        id: 'language',
        name: 'language',
        label: t('identity.counter.language'),
        value: view.locale,
        options: view.city.languages.map((language) => ({ value: language.tag, label: language.name })),
      })}
      ${button(t('identity.counter.add.submit'), { kind: 'secondary' })}
    </form>
    ${
      o.waiting.length === 0
        ? null
        : dataTable({
            caption: t('identity.counter.waiting'),
            head: [t('identity.counter.number'), t('identity.counter.asked'), t('identity.counter.act')],
            rows: o.waiting.map((each) => [
              html`<bdi>${each.number}</bdi>`,
              instant(view, each.asked),
              actForm(each.id, 'letter', t('identity.counter.letter'), 'secondary', each.number),
            ]),
          })
    }`
}

function accountCard(view: View, account: CounterAccount): Html {
  const { t } = view
  const { passkeys, totp } = account.means
  return html`<h2><bdi>${account.name}</bdi></h2>
    ${summaryList([
      { key: t('identity.counter.number'), value: html`<bdi>${account.number}</bdi>` },
      { key: t('identity.counter.proofed'), value: account.proofed ? instant(view, account.proofed) : t('identity.counter.proofed.not') },
      { key: t('identity.counter.steps'), value: t(passkeys > 0 || totp ? 'identity.counter.steps.some' : 'identity.counter.steps.none') },
    ])}
    <div class="st-flow">
      <p>${t('identity.counter.letter.text')}</p>
      ${actForm(account.id, 'letter', t('identity.counter.letter'))}
      <p>${t('identity.counter.proof.text')}</p>
      ${actForm(account.id, 'proof', t('identity.counter.proof'), 'secondary')}
      ${
        passkeys > 0 || totp
          ? html`<p>${t('identity.counter.drop.text')}</p>
              ${actForm(account.id, 'drop', t('identity.counter.drop'), 'danger')}`
          : null
      }
    </div>`
}

function actForm(
  id: string,
  act: 'letter' | 'proof' | 'drop',
  label: string,
  kind: 'primary' | 'secondary' | 'danger' = 'primary',
  about?: string,
): Html {
  return html`<form method="post" action="${`/officer/counter/accounts/${id}/${act}`}">${button(label, { kind, about })}</form>`
}

/** The letter, to be printed; in the language of its reader, whoever prints it. */
export function letterPage(view: View, letter: SignInLetter, t: Translate): Html {
  return html`<p class="st-letter-bar">${view.t('identity.letter.print')}</p>
    <article class="st-letter st-flow" lang="${letter.language}" dir="${direction(letter.language)}">
      <p><strong>${words(view, view.city.name)}</strong></p>
      <address class="st-letter-to">
        <bdi>${letter.name}</bdi>
        ${letter.address.map((line) => html`<br /><bdi>${line}</bdi>`)}
      </address>
      <h1>${t('identity.letter.heading')}</h1>
      <p>${t('identity.letter.how', { link: `${view.publicOrigin}/sign-in/letter` })}</p>
      <p class="st-reference"><bdi>${letter.code}</bdi></p>
      <p>${t('identity.letter.until', { day: formatDay(view.city.dayOf(letter.until), letter.language) })}</p>
      <p>${t('identity.letter.number')} <strong><bdi>${letter.number}</bdi></strong></p>
      <p>${t('identity.letter.warn')}</p>
    </article>`
}
