import {
  alert,
  button,
  buttonRow,
  type Content,
  hiddenInputs,
  html,
  type Html,
  radios,
  selectField,
  type View,
  words,
} from '../../../ui/index.ts'
import { lettersOf, type OfficerCase, type OfficerStep } from '../read.ts'
import { NOBODY, type Refused, writeForm } from './forms.ts'
import { agencyName, consultQuestion, letterTitle, typedText } from './words.ts'

/** The ids of the forms that a page of this case shows. */
export function formsShown(found: OfficerCase): string[] {
  const always = found.mayWork ? ['request', 'message', 'note'] : []
  const steps = found.mayWork ? found.steps.filter((each) => each.hindrance === null && each.transition.reason !== 'none') : []
  const revocable = found.mayRevoke ? found.letters.flatMap((each) => (each.revoked_at === null ? [each.id] : [])) : []
  return [
    ...always,
    ...(found.mayAssign ? ['assign'] : []),
    ...steps.map((each) => stepForm(each.transition.id)),
    ...found.opinionsDue.map(opinionForm),
    ...revocable.map(revokeForm),
  ]
}

/** The id of the form for a step. */
export function stepForm(transition: string): string {
  return `step-${transition}`
}

/** The id of the form for an agency's opinion. */
export function opinionForm(agency: string): string {
  return `opinion-${agency}`
}

/** The id of the form that revokes a letter. */
export function revokeForm(letter: string): string {
  return `revoke-${letter}`
}

/** What the forms of one page share: where they are sent, what was refused, and how the page was drawn. */
type Drawn = {
  readonly base: string
  readonly refused: Refused | null
  readonly hidden: { readonly revision: number; readonly key: string }
}

/** Everything that this officer may do with the case now. */
export function actionForms(view: View, found: OfficerCase, refused: Refused | null, key: string): Content {
  const { t } = view
  const base = `/officer/cases/${found.opened.current.id}`
  const drawn: Drawn = { base, refused, hidden: { revision: found.opened.current.revision, key } }
  const { hidden } = drawn
  if (!found.mayWork && !found.mayAssign && found.opinionsDue.length === 0) return null
  return [
    proposal(view, found, drawn),
    found.opinionsDue.length > 0 && found.opinionsDue.map((agency) => opinion(view, found, agency, drawn)),
    found.mayAssign && assignment(view, found, drawn),
    found.mayWork && decisions(view, found, drawn),
    found.mayWork &&
      html`<section class="st-flow" aria-labelledby="write">
        <h2 id="write">${t('cases.write')}</h2>
        ${writeForm({ form: 'request', action: `${base}/request`, label: t('cases.request.label'), hint: t('cases.request.hint'), submit: t('cases.request.submit'), hidden, refused })}
        ${writeForm({ form: 'message', action: `${base}/message`, label: t('cases.message.label'), hint: t('cases.message.hint'), submit: t('cases.message.submit'), hidden, refused })}
        ${writeForm({ form: 'note', action: `${base}/note`, label: t('cases.note.label'), hint: t('cases.note.hint'), submit: t('cases.note.submit'), hidden, refused })}
      </section>`,
  ]
}

function decisions(view: View, found: OfficerCase, drawn: Drawn): Content {
  if (found.steps.length === 0) return null
  const open = found.steps.filter((each) => each.hindrance === null)
  const closed = found.steps.filter((each) => each.hindrance !== null)
  return html`<section class="st-flow" aria-labelledby="decide">
    <h2 id="decide">${view.t('cases.decide')}</h2>
    ${open.map((each) => stepOf(view, found, each, drawn))}
    ${
      closed.length > 0
        ? html`<h3>${view.t('cases.steps.not_now')}</h3>
            <ul>
              ${closed.map((each) => html`<li>${words(view, each.transition.label)}: ${view.t(`cases.hindrance.${each.hindrance ?? 'rules'}`)}</li>`)}
            </ul>`
        : null
    }
  </section>`
}

function stepOf(view: View, found: OfficerCase, { transition }: OfficerStep, { base, refused, hidden: shared }: Drawn): Html {
  const { t } = view
  const { service } = found.opened
  const label = words(view, transition.label)
  const hidden = { transition: transition.id, ...shared }
  const about = html`<h3>${label}</h3>
    ${transition.four_eyes ? html`<p>${t('cases.four_eyes')}</p>` : null}`
  const previews = lettersOf(transition).map((template) =>
    button([t('cases.letters.preview'), ': ', letterTitle(view, service, template)], {
      kind: 'tertiary',
      formaction: `${base}/preview/${template}`,
    }),
  )
  const kind = transition.outcome === 'refused' ? 'danger' : transition.outcome === 'granted' ? 'primary' : 'secondary'
  const form = stepForm(transition.id)
  if (transition.reason === 'none') {
    return html`<form method="post" class="st-form" id="${form}" action="${`${base}/step`}">
      ${hiddenInputs(hidden)} ${about} ${buttonRow(button(label, { kind }), previews)}
    </form>`
  }
  return writeForm({
    form,
    action: `${base}/step`,
    label: t(transition.reason === 'required' ? 'cases.reason.required' : 'cases.reason.optional'),
    hint: t('cases.reason.hint'),
    submit: label,
    kind,
    hidden,
    before: about,
    more: previews,
    refused,
  })
}

function proposal(view: View, found: OfficerCase, { base, hidden }: Drawn): Content {
  const { proposal: proposed } = found
  if (!proposed || !found.mayWork) return null
  const { t } = view
  const body = html` <p>
      ${t('cases.proposal.by')} <bdi>${proposed.byName}</bdi>: <strong>${words(view, proposed.transition.label)}</strong>
    </p>
    ${proposed.reason ? typedText(proposed.reason) : null} ${proposed.mine ? html`<p>${t('cases.proposal.mine')}</p>` : null}
    <form method="post" action="${`${base}/proposal`}" id="proposal">
      ${hiddenInputs(hidden)}
      ${buttonRow(
        proposed.mayConfirm ? button(t('cases.proposal.confirm'), { name: 'answer', value: 'confirm' }) : null,
        button(t(proposed.mine ? 'cases.proposal.take_back' : 'cases.proposal.decline'), {
          kind: 'secondary',
          name: 'answer',
          value: 'decline',
        }),
      )}
    </form>`
  return alert('warning', t('cases.proposal.title'), body)
}

function assignment(view: View, found: OfficerCase, { base, refused, hidden }: Drawn): Html {
  const { t } = view
  const { current } = found.opened
  const mine = refused?.form === 'assign' ? refused : null
  return html`<section class="st-flow" aria-labelledby="assign">
    <h2 id="assign">${t('cases.assign')}</h2>
    <form method="post" class="st-form" action="${`${base}/assign`}">
      ${hiddenInputs(hidden)}
      ${selectField({
        id: 'officer',
        name: 'officer',
        label: t('cases.assign.officer'),
        value: mine ? (mine.choice ?? '') : (current.officer ?? ''),
        empty: t('cases.assign.choose'),
        error: mine?.message,
        options: [
          ...found.staff.map((each) => ({ value: each.id, label: each.name })),
          ...(current.officer === null ? [] : [{ value: NOBODY, label: t('cases.assign.nobody') }]),
        ],
      })}
      ${button(t('cases.assign.submit'), { kind: 'secondary' })}
    </form>
  </section>`
}

function opinion(view: View, found: OfficerCase, agency: string, { base, refused, hidden }: Drawn): Html {
  const { t } = view
  const form = opinionForm(agency)
  const choices = (['no_objection', 'conditions', 'objection'] as const).map((value) => ({ value, label: t(`cases.opinion.${value}`) }))
  const asked = found.consultations.filter((each) => each.agency === agency && each.answered_at === null)
  return html`<section class="st-flow" aria-labelledby="${`${form}-title`}">
    <h2 id="${`${form}-title`}">${t('cases.opinion.title')} ${agencyName(view, agency)}</h2>
    ${asked.map((each) => consultQuestion(view, found.opened.service, each))}
    ${writeForm({
      form,
      action: `${base}/opinion`,
      label: t('cases.opinion.text'),
      submit: t('cases.opinion.submit'),
      kind: 'primary',
      hidden: { agency, key: hidden.key },
      before: radios({
        id: `${form}-choice`,
        name: 'opinion',
        label: t('cases.opinion.choice'),
        value: (refused?.form === form && refused.choice) || null,
        options: choices,
      }),
      refused,
    })}
  </section>`
}
