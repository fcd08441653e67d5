import { formatMoney } from '../../../kernel/money.ts'
import { parsePlainDate } from '../../../kernel/time.ts'
import { type Content, day, html, type Html, summaryList, tag, type View, words } from '../../../ui/index.ts'
import { answerText } from '../../fields/index.ts'
import { outcomes, type Service, type Trace } from '../../servicefile/index.ts'
import type { OpenedCase } from '../house.ts'
import { outcomeText } from './words.ts'

/** Every rule of the service in words: what it gave for this case, from what, and under which law. */
export function ruleTrace(view: View, opened: OpenedCase, traces: readonly Trace[]): Content {
  if (traces.length === 0) return null
  const rows = traces.map((trace) => ({
    key: titleOf(view, trace),
    value: html`${resultOf(view, opened, trace)} ${note(view, trace)} ${inputsOf(view, opened, trace)} ${lawOf(view, trace)}`,
  }))
  return html`<section class="st-flow" aria-labelledby="rules">
    <h2 id="rules">${view.t('cases.rules')}</h2>
    <p>${view.t('cases.rules.text')}</p>
    ${summaryList(rows)}
  </section>`
}

function titleOf(view: View, trace: Trace): Content {
  if (trace.kind === 'decision' || trace.kind === 'deadline') return view.t(`cases.rule.${trace.kind}`)
  return trace.title ? words(view, trace.title) : html`<bdi>${trace.id.replaceAll('_', ' ')}</bdi>`
}

function resultOf(view: View, opened: OpenedCase, trace: Trace): Content {
  const { t } = view
  const { value } = trace
  if (trace.kind === 'criterion') {
    return value === true
      ? tag(t('cases.rule.met'), 'success')
      : value === false
        ? tag(t('cases.rule.not_met'), 'danger')
        : tag(t('cases.rule.cannot_tell'), 'neutral')
  }
  if (trace.kind === 'decision') {
    const outcome = outcomes.find((each) => each === value)
    return outcome ? outcomeText(view, outcome) : t('cases.rule.officer_decides')
  }
  if (value === null || value === undefined) return t('cases.rule.cannot_tell')
  if (trace.kind === 'deadline') return t('cases.rule.working_days', { n: Number(value) })
  if (trace.kind === 'fee') return amount(view, value, opened.service.currency)
  return computedText(view, opened.service, trace.id, value)
}

function note(view: View, trace: Trace): Content {
  const { t } = view
  if (trace.note) return html`<p class="st-meta">${t(`cases.rule.note.${trace.note}`)}</p>`
  if (!trace.rules || trace.rules.length === 0) return null
  return html`<p class="st-meta">${t('cases.rule.lines', { lines: trace.rules.map((index) => index + 1).join(', ') })}</p>`
}

function inputsOf(view: View, opened: OpenedCase, trace: Trace): Content {
  if (trace.inputs.length === 0) return null
  const items = trace.inputs.map((input): Html => {
    const question = questionOf(opened.service, input.id)
    const value = question
      ? answerText(view, question, opened.evaluation.answers[question.id])
      : inputText(view, opened.service, input.id, input.value)
    return html`<div>
      <dt>${inputTitle(view, opened.service, input.id)}</dt>
      <dd>${value}</dd>
    </div>`
  })
  return html`<details>
    <summary>${view.t('cases.rule.inputs')}</summary>
    <dl class="st-inner">${items}</dl>
  </details>`
}

function lawOf(view: View, trace: Trace): Content {
  return trace.law ? html`<p class="st-meta">${view.t('cases.rule.law')} <bdi>${trace.law}</bdi></p>` : null
}

function questionOf(service: Service, id: string) {
  return service.definition.form.pages.flatMap((page) => page.questions).find((each) => each.id === id)
}

function inputTitle(view: View, service: Service, id: string): Content {
  const { rules } = service.definition
  const title =
    questionOf(service, id)?.label ??
    rules.computed.find((each) => each.id === id)?.title ??
    rules.facts.find((each) => each.id === id)?.title
  return title ? words(view, title) : html`<bdi>${id.replaceAll('_', ' ')}</bdi>`
}

function inputText(view: View, service: Service, id: string, value: unknown): Content {
  if (value === null || value === undefined) return view.t('cases.rule.cannot_tell')
  return computedText(view, service, id, value)
}

function computedText(view: View, service: Service, id: string, value: unknown): Content {
  const type = service.definition.rules.computed.find((each) => each.id === id)?.type
  if (type === 'money') return amount(view, value, service.currency)
  if (typeof value === 'boolean') return view.t(value ? 'cases.yes' : 'cases.no')
  if (typeof value === 'number') return new Intl.NumberFormat(view.locale, { maximumFractionDigits: 6 }).format(value)
  if (typeof value === 'string') {
    const date = parsePlainDate(value)
    return date ? day(view, date) : html`<bdi>${value}</bdi>`
  }
  if (Array.isArray(value))
    return value.map((item, i): Content => [
      i > 0 && ', ',
      html`<bdi>${typeof item === 'object' ? JSON.stringify(item) : String(item)}</bdi>`,
    ])
  return html`<bdi dir="ltr">${JSON.stringify(value)}</bdi>`
}

function amount(view: View, value: unknown, currency: string): Content {
  const minor = typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint' ? String(value) : ''
  if (!/^-?\d{1,18}$/.test(minor)) return html`<bdi>${minor}</bdi>`
  return html`<bdi>${formatMoney({ amount: BigInt(minor), currency }, view.locale)}</bdi>`
}
