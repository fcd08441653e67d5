import {
  alert, button, type Choice, checkboxes, type Content, dataTable, day, errorSummary, html, type Html, pagination, plainWords,
  searchBox, selectField, tag, textField, type Tone, type View,
} from '../../ui/index.ts' // prettier-ignore
import type { RoleBinding } from '../access/index.ts'
import { endsSoon, type Grant, GRANT_DAYS, isDue, separationOf, USUAL_DAYS } from './grants/grant.ts'
import { roleText } from './grants/views.ts'
import { ALL_AGENCIES, staffRoles, type StaffMember } from './staff.ts'

/** What was typed to add a member of staff. */
export type TypedStaff = {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly agency: string
  readonly days: string
}

/** What is wrong, by field; `page` is about no field. */
export type StaffErrors = Readonly<Record<string, string>>

/** Nothing typed yet. */
export const NOTHING_TYPED: TypedStaff = { name: '', email: '', role: '', agency: '', days: String(USUAL_DAYS) }

type Clock = { readonly now: Date }

/** The page of administrators: who works here in which roles and until when, and a form for somebody new. */
export function staffPage(
  view: View,
  found: { members: readonly StaffMember[]; next: string | null; named: string },
  o: Clock & { path: string; typed: TypedStaff; errors: StaffErrors; said: string | null },
): Html {
  const { t } = view
  const rows = found.members.map((member) => [
    html`<a class="ds-link" href="${`${o.path}/${member.id}`}"><bdi>${member.name}</bdi></a>`,
    rolesOf(view, member, o.now),
    tag(t(`identity.staff.status.${member.status}`), TONES[member.status]),
  ])
  return html` ${summary(view, o.errors)} ${saidText(o.said)}
    <h1>${t('identity.staff.title')}</h1>
    ${searchBox(view, { action: `${o.path}/find`, name: 'q', value: found.named, label: t('identity.staff.search'), method: 'post' })}
    <section class="st-flow" id="staff" tabindex="-1">
      ${
        rows.length === 0
          ? html`<p>${t('identity.staff.nobody')}</p>`
          : dataTable({
              caption: t('identity.staff.list'),
              captionHidden: true,
              head: [t('identity.staff.name'), t('identity.staff.roles'), t('identity.staff.status')],
              rows,
            })
      }
      ${found.named === '' ? pagination(view, { next: found.next ? `${o.path}?after=${found.next}` : null }) : html`<p><a class="ds-link" href="${o.path}">${t('identity.staff.all')}</a></p>`}
    </section>
    ${addForm(view, o)}`
}

const TONES: Readonly<Record<StaffMember['status'], Tone>> = { unverified: 'warning', active: 'success', closed: 'neutral' }

function summary(view: View, errors: StaffErrors): Content {
  return errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: field === 'page' ? '#staff' : `#${field}`, text })),
  )
}

function saidText(said: string | null): Content {
  return said === null ? null : alert('success', null, html`<p>${said}</p>`)
}

function rolesOf(view: View, member: StaffMember, now: Date): Content {
  if (member.grants.length === 0) return view.t('identity.staff.no_roles')
  return html`<ul class="st-plain">
    ${member.grants.map((grant) => html`<li>${roleText(view, grant)} ${untilText(view, grant, now)}</li>`)}
  </ul>`
}

function untilText(view: View, grant: Grant, now: Date): Content {
  const { t, city } = view
  if (grant.endsAt === null) return null
  const until = html`${t('identity.grant.until')} ${day(view, city.dayOf(grant.endsAt))}`
  if (grant.endsAt <= now) return tag(t('identity.grant.over'), 'neutral')
  return endsSoon(grant, now) ? tag(until, 'warning') : html`<span class="st-meta">${until}</span>`
}

/** One member of staff: each role with its history and its end, further roles, and the account itself. */
export function memberPage(
  view: View,
  member: StaffMember,
  o: Clock & { path: string; own: boolean; names: ReadonlyMap<string, string>; factors: number; errors: StaffErrors; said: string | null },
): Html {
  const { t } = view
  return html` ${summary(view, o.errors)} ${saidText(o.said)}
    <h1><bdi>${member.name}</bdi></h1>
    <p>${tag(t(`identity.staff.status.${member.status}`), TONES[member.status])}</p>
    ${o.own ? alert('info', null, html`<p>${t('identity.staff.own')}</p>`) : null}
    <section class="st-flow" id="staff" tabindex="-1">
      <h2>${t('identity.staff.roles')}</h2>
      ${
        member.grants.length === 0
          ? html`<p>${t('identity.staff.no_roles')}</p>`
          : dataTable({
              caption: t('identity.staff.roles'),
              captionHidden: true,
              head: [
                t('identity.staff.role'),
                t('identity.grant.given'),
                t('identity.grant.until'),
                t('identity.grant.reviewed'),
                t('identity.staff.further'),
              ],
              rows: member.grants.map((grant) => grantRow(view, member, grant, o)),
            })
      }
    </section>
    ${o.own ? null : furtherRole(view, member, o)} ${o.own ? null : account(view, member, o)}`
}

function grantRow(
  view: View,
  member: StaffMember,
  grant: Grant,
  o: Clock & { path: string; own: boolean; names: ReadonlyMap<string, string> },
): Content[] {
  const { t, city } = view
  const about = html`${roleText(view, grant)}, <bdi>${member.name}</bdi>`
  const at = `${o.path}/${member.id}/grants/${grant.id}`
  return [
    roleText(view, grant),
    html`${day(view, city.dayOf(grant.grantedAt))}<br />${byText(view, grant.grantedBy, o.names)}`,
    untilText(view, grant, o.now),
    grant.reviewedAt
      ? html`${day(view, city.dayOf(grant.reviewedAt))}<br />${byText(view, grant.reviewedBy, o.names)}`
      : t(isDue(grant, o.now) ? 'identity.grant.review_due' : 'identity.grant.not_reviewed'),
    html`${
      o.own
        ? null
        : html`<form method="post" action="${`${at}/renew`}" class="st-inline">
              ${daysField(view, `-${grant.id}`, String(USUAL_DAYS))} ${button(t('identity.grant.renew'), { kind: 'secondary', about })}
            </form>`
    }
      <form method="post" action="${`${at}/end`}">${button(t('identity.staff.end'), { kind: 'tertiary', about })}</form>`,
  ]
}

function byText(view: View, account: string | null, names: ReadonlyMap<string, string>): Content {
  if (account === null) return html`<span class="st-meta">${view.t('identity.grant.by_system')}</span>`
  return html`<bdi>${names.get(account) ?? account}</bdi>`
}

function furtherRole(view: View, member: StaffMember, o: { path: string; errors: StaffErrors }): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="give">
    <h2 id="give">${t('identity.staff.give')}</h2>
    <form method="post" novalidate class="st-form" action="${`${o.path}/${member.id}/role`}">
      ${roleFields(view, NOTHING_TYPED, o.errors)} ${knowingly(view, member.grants, o.errors)} ${button(t('identity.staff.give'), { kind: 'secondary' })}
    </form>
  </section>`
}

function account(view: View, member: StaffMember, o: { path: string; factors: number }): Content {
  const { t } = view
  const at = `${o.path}/${member.id}`
  const about = html`<bdi>${member.name}</bdi>`
  if (member.status === 'unverified') return null
  const closed = member.status === 'closed'
  return html`<section class="st-flow" aria-labelledby="account">
    <h2 id="account">${t('identity.staff.status')}</h2>
    ${
      closed || o.factors === 0
        ? null
        : html`<form method="post" class="st-form" action="${`${at}/factors`}">
            <p>${t('identity.staff.factors.text', { n: o.factors })}</p>
            ${checkboxes({
              id: 'checked',
              name: 'checked',
              label: t('identity.staff.factors.check'),
              options: [{ value: 'yes', label: t('identity.staff.factors.checked') }],
            })}
            ${button(t('identity.staff.factors.remove'), { kind: 'secondary', about })}
          </form>`
    }
    <form method="post" class="st-form" action="${`${at}/${closed ? 'reopen' : 'close'}`}">
      <p>${t(closed ? 'identity.staff.reopen.text' : 'identity.staff.close.text')}</p>
      ${button(t(closed ? 'identity.staff.reopen' : 'identity.staff.close'), { kind: closed ? 'secondary' : 'danger', about })}
    </form>
  </section>`
}

function addForm(view: View, { path, typed, errors }: { path: string; typed: TypedStaff; errors: StaffErrors }): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="add">
    <h2 id="add">${t('identity.staff.add')}</h2>
    <p>${t('identity.staff.add.text')}</p>
    <form method="post" novalidate class="st-form" action="${path}">
      ${textField({
        id: 'name',
        name: 'name',
        label: t('identity.staff.name'),
        hint: t('identity.staff.name.hint'),
        error: errors['name'],
        value: typed.name,
      })}
      ${textField({
        id: 'email',
        name: 'email',
        label: t('identity.email'),
        error: errors['email'],
        type: 'email',
        dir: 'ltr',
        value: typed.email,
        spellcheck: false,
      })}
      ${roleFields(view, typed, errors)} ${knowingly(view, [], errors)} ${button(t('identity.staff.add.submit'))}
    </form>
  </section>`
}

function roleFields(view: View, typed: Pick<TypedStaff, 'role' | 'agency' | 'days'>, errors: StaffErrors): Content {
  const { t } = view
  const all: Choice = { value: ALL_AGENCIES, label: t('identity.staff.all_agencies') }
  return [
    selectField({
      id: 'role',
      name: 'role',
      label: t('identity.staff.role'),
      error: errors['role'],
      value: typed.role,
      empty: t('identity.staff.choose'),
      options: staffRoles.map((role) => ({ value: role, label: t(`identity.role.${role}`) })),
    }),
    selectField({
      id: 'agency',
      name: 'agency',
      label: t('identity.staff.agency'),
      hint: t('identity.staff.agency.hint'),
      error: errors['agency'],
      value: typed.agency,
      empty: t('identity.staff.choose'),
      options: [
        all,
        ...[...view.city.agencies, ...view.city.organisations].map((each) => ({ value: each.id, label: plainWords(view, each.name) })),
      ],
    }),
    daysField(view, '', typed.days, errors['days']),
  ]
}

function daysField(view: View, suffix: string, value: string, error?: string): Html {
  const { t } = view
  return selectField({
    id: `days${suffix}`,
    name: 'days',
    label: t('identity.grant.days'),
    error,
    value,
    options: GRANT_DAYS.map((days) => ({ value: String(days), label: t(`identity.grant.days.${days}`) })),
  })
}

/** The box that says "I know": where the roles that somebody holds, or a refusal, make it needed. */
function knowingly(view: View, held: readonly RoleBinding[], errors: StaffErrors): Content {
  const roles = held.map((each) => each.role)
  const possible = staffRoles.some((role) => separationOf(roles, role) === 'warned')
  if (!possible && errors['knowingly'] === undefined) return null
  return checkboxes({
    id: 'knowingly',
    name: 'knowingly',
    label: view.t('identity.grant.knowingly'),
    error: errors['knowingly'],
    options: [{ value: 'yes', label: view.t('identity.grant.knowingly.yes') }],
  })
}
