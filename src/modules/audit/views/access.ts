import { alert, button, type Content, dataTable, day, html, type Html, pagination, selectField, tag, type View } from '../../../ui/index.ts'
import { flagAnswers } from '../flags.ts'
import type { Names } from '../service.ts'
import type { DayCount, FlagRow } from '../store.ts'
import { journalHref } from './journal.ts'
import { auditNav, staffName } from './parts.ts'

type Found = { flags: readonly FlagRow[]; next: string | null; days: readonly DayCount[]; names: Names }

/** Unusual reading: each flag with a question to answer, and the days on which most was opened. */
export function accessPage(view: View, found: Found, open: boolean, answered: boolean): Html {
  const { t } = view
  const other = open ? '/audit/access?show=answered' : '/audit/access'
  const next = found.next === null ? null : `/audit/access?show=${open ? 'open' : 'answered'}&after=${found.next}`
  return html` ${answered ? alert('success', null, html`<p>${t('audit.access.done')}</p>`) : null}
    <h1>${t('audit.access.title')}</h1>
    ${auditNav(view)}
    <p class="st-lead">${t('audit.access.lead')}</p>
    <section class="st-flow">
      <h2>${t(open ? 'audit.access.open' : 'audit.access.answered')}</h2>
      ${found.flags.length === 0 ? html`<p>${t('audit.access.none')}</p>` : flagTable(view, found)}
      ${pagination(view, { next })}
      <p><a class="ds-link" href="${other}">${t(open ? 'audit.access.show_answered' : 'audit.access.show_open')}</a></p>
    </section>
    <section class="st-flow">
      <h2>${t('audit.access.days')}</h2>
      ${found.days.length === 0 ? html`<p>${t('audit.access.no_days')}</p>` : dayTable(view, found)}
    </section>`
}

function flagTable(view: View, { flags, names }: Found): Html {
  const { t } = view
  return dataTable({
    id: 'flag-list',
    caption: t('audit.access.open'),
    captionHidden: true,
    head: [t('audit.access.what'), t('audit.who'), t('audit.access.day'), t('audit.access.persons'), t('audit.access.answer')],
    rows: flags.map((flag) => [
      tag(t(`audit.flag.${flag.kind}`), flag.kind === 'watched' || flag.kind === 'own_name' ? 'danger' : 'warning'),
      staffName(flag.account_id, names),
      html`${day(view, flag.day)}<br /><a class="ds-link" href="${linesOf(flag.account_id, flag.day)}">${t('audit.access.lines')}</a>`,
      t('ui.number', { n: flag.count }),
      flag.answer === null ? answerForm(view, flag, names) : answerText(view, flag, names),
    ]),
    numeric: [3],
  })
}

function linesOf(account: string, on: string): string {
  return journalHref('/audit/journal', { type: 'people.record.opened', actor: account, from: on, to: on })
}

function answerText(view: View, flag: FlagRow, names: Names): Content {
  return html`${view.t(`audit.answer.${flag.answer}`)}<br />${flag.answered_by === null ? null : staffName(flag.answered_by, names)}`
}

function answerForm(view: View, flag: FlagRow, names: Names): Html {
  const { t } = view
  return html`<form method="post" action="${`/audit/access/${flag.id}`}" class="st-inline">
    ${selectField({
      id: `answer-${flag.id}`,
      name: 'answer',
      label: t('audit.access.answer'),
      options: flagAnswers.map((each) => ({ value: each, label: t(`audit.answer.${each}`) })),
    })}
    ${button(t('audit.access.save'), { kind: 'secondary', about: html`${t(`audit.flag.${flag.kind}`)}, ${staffName(flag.account_id, names)}` })}
  </form>`
}

function dayTable(view: View, { days, names }: Found): Html {
  const { t } = view
  return dataTable({
    id: 'day-list',
    caption: t('audit.access.days'),
    captionHidden: true,
    head: [t('audit.who'), t('audit.access.day'), t('audit.access.persons'), t('audit.access.late')],
    rows: days.map((each) => [
      staffName(each.account_id, names),
      html`<a class="ds-link" href="${linesOf(each.account_id, each.day)}">${day(view, each.day)}</a>`,
      t('ui.number', { n: each.persons }),
      t('ui.number', { n: each.late }),
    ]),
    numeric: [2, 3],
  })
}
