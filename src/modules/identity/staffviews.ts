import {
  alert, button, type Choice, type Content, dataTable, errorSummary, hiddenInputs, html, type Html, plainWords, selectField, tag, textField, type Tone,
  type View, words,
} from '../../ui/index.ts' // prettier-ignore
import type { RoleBinding } from '../access/index.ts'
import { ALL_AGENCIES, staffRoles, type StaffMember } from './staff.ts'

/** What was typed to add a member of staff. */
export type TypedStaff = { readonly name: string; readonly email: string; readonly role: string; readonly agency: string }

/** What is wrong, by field; `page` is about no field. */
export type StaffErrors = Readonly<Record<string, string>>

/** The page of administrators: who works here in which roles, and a form for somebody new. */
export function staffPage(
  view: View,
  members: readonly StaffMember[],
  o: { path: string; typed: TypedStaff; errors: StaffErrors; said: string | null },
): Html {
  const { t } = view
  const rows = members.map((member) => [
    html`<bdi>${member.name}</bdi>`,
    rolesOf(view, member, o.path),
    tag(t(`identity.staff.status.${member.status}`), TONES[member.status]),
    furtherRole(view, member, o.path),
  ])
  return html` ${errorSummary(
    view,
    Object.entries(o.errors).map(([field, text]) => ({ href: field === 'page' ? '#staff' : `#${field}`, text })),
  )}
    ${o.said === null ? null : alert('success', null, html`<p>${o.said}</p>`)}
    <h1>${t('identity.staff.title')}</h1>
    <section class="st-flow" id="staff" tabindex="-1">
      ${dataTable({
        caption: t('identity.staff.list'),
        captionHidden: true,
        head: [t('identity.staff.name'), t('identity.staff.roles'), t('identity.staff.status'), t('identity.staff.further')],
        rows,
      })}
    </section>
    ${addForm(view, o)}`
}

const TONES: Readonly<Record<StaffMember['status'], Tone>> = { unverified: 'warning', active: 'success', closed: 'neutral' }

function rolesOf(view: View, member: StaffMember, path: string): Content {
  if (member.roles.length === 0) return view.t('identity.staff.no_roles')
  return html`<ul class="st-plain">
    ${member.roles.map(
      (binding) =>
        html`<li>
          <form method="post" action="${`${path}/${member.id}/role/end`}">
            ${hiddenInputs({ role: binding.role, agency: binding.agency ?? ALL_AGENCIES })} ${roleText(view, binding)}
            ${button(view.t('identity.staff.end'), {
              kind: 'tertiary',
              about: html`${roleText(view, binding)}, <bdi>${member.name}</bdi>`,
            })}
          </form>
        </li>`,
    )}
  </ul>`
}

function roleText(view: View, { role, agency }: RoleBinding): Content {
  const place = agency === null ? view.t('identity.staff.all_agencies') : agencyText(view, agency)
  return html`${view.t(`identity.role.${role}`)} · ${place}`
}

function agencyText(view: View, id: string): Content {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

function furtherRole(view: View, member: StaffMember, path: string): Html {
  const { t } = view
  return html`<details>
    <summary>
      ${t('identity.staff.give')}<span class="ds-sr-only"> <bdi>${member.name}</bdi></span>
    </summary>
    <form method="post" class="st-form" action="${`${path}/${member.id}/role`}">
      ${roleFields(view, `-${member.id}`, { role: '', agency: '' }, {})} ${button(t('identity.staff.give'), { kind: 'secondary' })}
    </form>
  </details>`
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
      ${roleFields(view, '', typed, errors)} ${button(t('identity.staff.add.submit'))}
    </form>
  </section>`
}

/** Role and agency; `suffix` keeps the ids of several forms on a page apart. */
function roleFields(view: View, suffix: string, typed: Pick<TypedStaff, 'role' | 'agency'>, errors: StaffErrors): Content {
  const { t } = view
  const all: Choice = { value: ALL_AGENCIES, label: t('identity.staff.all_agencies') }
  return [
    selectField({
      id: `role${suffix}`,
      name: 'role',
      label: t('identity.staff.role'),
      error: errors['role'],
      value: typed.role,
      empty: t('identity.staff.choose'),
      options: staffRoles.map((role) => ({ value: role, label: t(`identity.role.${role}`) })),
    }),
    selectField({
      id: `agency${suffix}`,
      name: 'agency',
      label: t('identity.staff.agency'),
      hint: t('identity.staff.agency.hint'),
      error: errors['agency'],
      value: typed.agency,
      empty: t('identity.staff.choose'),
      options: [all, ...view.city.agencies.map((each) => ({ value: each.id, label: plainWords(view, each.name) }))],
    }),
  ]
}
