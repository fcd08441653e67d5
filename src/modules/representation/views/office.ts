import {
  button, checkboxes, type Content, day, errorSummary, html, type Html, instant, summaryList, textArea, textField, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import type { Catalogue } from '../../catalogue/index.ts'
import type { MandateStatus } from '../mandate.ts'
import type { CounterMandate, Letter, Papers } from '../office.ts'
import { servicesText, statusTag } from './words.ts'

type Errors = Readonly<Record<string, string>>

function summaryOf(view: View, errors: Errors): Content {
  return errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )
}

/** The page on which an officer finds a request by its reference, or prints a presence code for somebody who is there. */
export function findPage(view: View, typed: string, errors: Errors): Html {
  const { t } = view
  return html` ${summaryOf(view, errors)}
    <h1>${t('representation.office.title')}</h1>
    <form method="post" action="/officer/mandates" novalidate class="st-form">
      ${textField({ id: 'reference', name: 'reference', label: t('representation.office.reference'), hint: t('representation.office.reference.hint'), error: errors['reference'], value: typed, width: 'm', dir: 'ltr', spellcheck: false })}
      ${button(t('representation.office.find'))}
    </form>
    <section class="st-flow" aria-labelledby="presence">
      <h2 id="presence">${t('representation.office.presence')}</h2>
      <p>${t('representation.office.presence.text')}</p>
      <form method="post" action="/officer/mandates/presence" novalidate class="st-form">
        ${textField({ id: 'case', name: 'case', label: t('representation.office.case'), error: errors['case'], width: 'm', dir: 'ltr', spellcheck: false })}
        ${seen(view, 'seen-person', errors)} ${button(t('representation.office.presence.make'), { kind: 'secondary' })}
      </form>
    </section>`
}

function seen(view: View, id: string, errors: Errors): Html {
  return checkboxes({
    id,
    name: 'seen',
    label: view.t('representation.office.papers'),
    error: errors[id],
    options: [{ value: 'yes', label: view.t('representation.office.seen') }],
  })
}

/** A request at the counter: who asks for what, and what an officer who has seen papers may do. */
export function counterPage(
  view: View,
  catalogue: Catalogue,
  found: CounterMandate,
  o: { typed: Papers; errors: Errors; status: MandateStatus },
): Html {
  const { t } = view
  const { mandate } = found
  return html` ${summaryOf(view, o.errors)}
    <h1><bdi>${mandate.reference}</bdi></h1>
    ${summaryList([
      { key: t('representation.status'), value: statusTag(view, o.status) },
      { key: t('representation.office.holder'), value: html`<bdi>${found.holderName}</bdi>` },
      { key: t('representation.office.person'), value: html`<bdi>${found.personName}</bdi>` },
      { key: t('representation.kind'), value: t(`representation.kind.${mandate.kind}`) },
      { key: t('representation.services'), value: servicesText(view, catalogue, mandate.services) },
      { key: t('representation.until'), value: day(view, mandate.ends_on) },
      { key: t('representation.reason'), value: html`<span dir="auto">${found.reason}</span>` },
    ])}
    ${o.status === 'asked' ? counterActs(view, found, o) : o.status === 'granted' ? counterEnd(view, found) : null}`
}

function counterActs(view: View, found: CounterMandate, { typed, errors }: { typed: Papers; errors: Errors }): Html {
  const { t } = view
  const { reference } = found.mandate
  return html`<form method="post" action="${`/officer/mandates/${reference}/confirm`}" novalidate class="st-form st-flow" autocomplete="off">
      <h2>${t('representation.office.confirm')}</h2>
      <p>${t(`representation.office.confirm.${found.mandate.kind}`)}</p>
      ${found.mandate.person_id === null ? papersFields(view, found, typed, errors) : html`<p id="name" tabindex="-1">${t('representation.office.known')}</p>`}
      ${seen(view, 'seen', errors)} ${button(t('representation.office.confirm.submit'))}
      <h2>${t('representation.letter')}</h2>
      <p>${t('representation.office.letter.text')}</p>
      ${button(t('representation.office.letter.make'), { kind: 'secondary', formaction: `/officer/mandates/${reference}/letter` })}
    </form>
    ${found.letter === null ? null : html`<p><a class="ds-link" href="${`/officer/mandates/${reference}/letter`}">${t('representation.office.letter.again')}</a></p>`}`
}

/** Ending a mandate for a represented person who is at the counter. */
function counterEnd(view: View, found: CounterMandate): Html {
  const { t } = view
  return html`<p>${t('representation.office.end.text')}</p>
    <form method="post" action="${`/officer/mandates/${found.mandate.reference}/end`}">${button(t('representation.end'), { kind: 'danger' })}</form>`
}

function papersFields(view: View, found: CounterMandate, typed: Papers, errors: Errors): Content {
  const { t } = view
  const company = found.mandate.kind === 'company'
  return [
    textField({
      id: 'name',
      name: 'name',
      label: t(company ? 'representation.office.company' : 'representation.office.name'),
      hint: t('representation.office.name.hint'),
      error: errors['name'],
      value: typed.name,
    }),
    company
      ? textField({
          id: 'register',
          name: 'register',
          label: t('representation.office.register'),
          error: errors['register'],
          value: typed.register,
          width: 'm',
          dir: 'ltr',
          spellcheck: false,
        })
      : null,
    textArea({
      id: 'address',
      name: 'address',
      label: t('representation.office.address'),
      value: typed.address,
      rows: 3,
      maxlength: 300,
      autocomplete: 'off',
    }),
  ]
}

/** The letter with the code, as it is printed and put in an envelope. */
export function letterPage(view: View, catalogue: Catalogue, letter: Letter): Html {
  const { t } = view
  const { mandate } = letter
  return html`<article class="st-letter st-flow">
    <p>${words(view, view.city.name)}<br />${words(view, view.city.contact.address)}</p>
    <p>
      <bdi>${letter.to.name}</bdi>${letter.to.lines.map((line) => html`<br /><bdi>${line}</bdi>`)}
    </p>
    <h1>${t('representation.paper.title')}</h1>
    <p><bdi>${letter.holderName}</bdi> ${t('representation.paper.asks')}</p>
    ${summaryList([
      { key: t('representation.reference'), value: html`<bdi>${mandate.reference}</bdi>` },
      { key: t('representation.services'), value: servicesText(view, catalogue, mandate.services) },
      { key: t('representation.until'), value: day(view, mandate.ends_on) },
      { key: t('representation.reason'), value: html`<span dir="auto">${letter.reason}</span>` },
    ])}
    <p>${t('representation.paper.yes')}</p>
    <p class="st-reference"><bdi>${letter.code.text}</bdi></p>
    <p>${t('representation.code.until')} ${instant(view, letter.code.expires)}</p>
    <p>${t('representation.paper.no')}</p>
  </article>`
}
