import {
  alert,
  button,
  type Content,
  dataTable,
  hiddenInputs,
  html,
  type Html,
  instant,
  plainWords,
  selectField,
  type View,
} from '../../../../ui/index.ts'
import type { CrewTeam } from '../members.ts'

/** Who goes out with which crew, for their supervisor. `error` is what was wrong with adding to a crew. */
export function membersPage(view: View, teams: readonly CrewTeam[], error: { crew: string; text: string } | null): Html {
  const { t } = view
  return html`<h1>${t('reports.crew.members')}</h1>
    <p class="st-lead">${t('reports.crew.members.lead')}</p>
    ${teams.length === 0 ? html`<p>${t('reports.crew.members.none')}</p>` : teams.map((team) => teamSection(view, team, error?.crew === team.crew.id ? error.text : undefined))}`
}

function teamSection(view: View, { crew, members, others }: CrewTeam, error: string | undefined): Html {
  const { t } = view
  const name = plainWords(view, crew.name)
  const remove = (member: { id: string; name: string }): Html =>
    html`<form method="post" action="/officer/crew/members/remove">
      ${hiddenInputs({ crew: crew.id, account: member.id })} ${button(t('reports.crew.members.remove'), { kind: 'tertiary', about: member.name })}
    </form>`
  return html`<section class="st-flow" aria-labelledby="${`crew-${crew.id}`}">
    <h2 id="${`crew-${crew.id}`}">${name}</h2>
    ${
      members.length === 0
        ? html`<p>${t('reports.crew.members.nobody')}</p>`
        : dataTable({
            id: `members-${crew.id}`,
            caption: name,
            captionHidden: true,
            head: [t('reports.crew.members.name'), t('reports.crew.members.since'), t('reports.crew.members.remove')],
            rows: members.map((member) => [html`<bdi>${member.name}</bdi>`, instant(view, member.since), remove(member)]),
          })
    }
    ${others.length === 0 ? null : addForm(view, crew.id, others, error)}
  </section>`
}

function addForm(view: View, crew: string, others: CrewTeam['others'], error: Content): Html {
  const { t } = view
  return html`<form method="post" class="st-form" novalidate action="/officer/crew/members">
    ${hiddenInputs({ crew })}
    ${selectField({
      id: `add-${crew}`,
      name: 'account',
      label: t('reports.crew.members.who'),
      error,
      options: others.map((each) => ({ value: each.id, label: each.name })),
      empty: t('reports.crew.choose'),
    })}
    ${button(t('reports.crew.members.add'), { kind: 'secondary' })}
  </form>`
}

/** What was just changed. */
export function changedText(view: View, done: string | null): Content {
  return done === 'added' || done === 'removed'
    ? alert('success', null, html`<p role="status">${view.t(`reports.crew.members.${done}`)}</p>`)
    : null
}
