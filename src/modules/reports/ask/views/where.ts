import {
  alert, button, type Content, element, errorSummary, fileField, hiddenInputs, html, type Html, linkButton, plainWords, selectField, textField,
  PICTURES, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import {
  type Address,
  type Look,
  mapField,
  mapPicture,
  type NamedPlace,
  placeLabel,
  type Places,
  type Point,
} from '../../../places/index.ts'
import type { Authority } from '../../categories/file.ts'
import { draftLimits } from '../draft.ts'
import { dial, FORM, stepLine } from './frame.ts'

/** Places that were found for what was typed; null before a search. */
export type Found = { readonly typed: string; readonly addresses: readonly Address[]; readonly names: readonly NamedPlace[] } | null

/** What is wrong with a place. */
export type PlaceFault = 'missing' | 'unreadable' | 'zero' | 'swapped' | 'district'

/** What the first page shows. */
export type WhereParts = {
  readonly places: Places | null
  readonly point: Point | null
  readonly look: Look | null
  readonly found: Found
  readonly fault: PlaceFault | null
  /** The district and words of somebody who knows no point. */
  readonly district: string
  readonly words: string
  /** Where the first photo was taken. */
  readonly offered: Point | null
  readonly photoFault: string | null
  /** How many photos the draft has. */
  readonly photos: number
  /** A category that came with the link. */
  readonly category: string | null
}

const FIELD_OF: Readonly<Record<PlaceFault, string>> = {
  missing: '#find', unreadable: '#find', zero: '#find', swapped: '#place-error', district: '#district',
} // prettier-ignore

/** Where it is: on the map, by a search, from a photo, or by district and words. */
export function wherePage(view: View, parts: WhereParts): Html {
  const { t } = view
  const { fault, places } = parts
  const said = fault === null ? null : t(`reports.ask.where.fault.${fault}`)
  const errors = [
    ...(fault !== null && said !== null ? [{ href: places === null ? '#place-lat' : FIELD_OF[fault], text: said }] : []),
    ...(parts.photoFault ? [{ href: '#photos', text: parts.photoFault }] : []),
  ]
  return html`${errorSummary(view, errors)} ${stepLine(view, 1)}
    <form method="post" id="${FORM}" novalidate class="st-form st-flow" action="/reports/new" enctype="multipart/form-data">
      <h1>${t('reports.ask.where.title')}</h1>
      ${hiddenInputs({ category: parts.category })}
      ${said !== null && fault !== 'district' ? html`<p class="st-error" id="place-error" tabindex="-1">${said}</p>` : null}
      ${places === null ? typedPosition(view, parts) : chooseOn(view, places, parts)}
    </form>`
}

/** A city without a map: the numbers themselves. */
function typedPosition(view: View, { point }: WhereParts): Html {
  const part = (name: 'lat' | 'long'): Html =>
    textField({
      id: `place-${name}`,
      name: `place-${name}`,
      label: view.t(`ui.field.place.${name}`),
      value: point ? String(point[name]) : '',
      dir: 'ltr',
      width: 'm',
    })
  return html`<div class="st-pair">${part('lat')}${part('long')}</div>
    ${button(view.t('reports.ask.continue'))}`
}

function chooseOn(view: View, places: Places, parts: WhereParts): Html {
  const { t } = view
  const pointFault = parts.fault !== null && parts.fault !== 'district'
  return html`${offered(view, places, parts.offered)}
    ${textField({
      id: 'find',
      name: 'find',
      label: t('reports.ask.where.find'),
      hint: t('reports.ask.where.find_hint'),
      value: parts.found?.typed ?? '',
      maxlength: 120,
      inputmode: 'search',
      autocomplete: 'off',
      spellcheck: false,
    })}
    ${button(t('reports.ask.where.search'), { kind: 'secondary', name: '_find', value: '1', novalidate: true })} ${results(view, parts.found)}
    ${mapField(view, {
      places,
      name: 'place',
      point: parts.point,
      ...(parts.look ? { look: parts.look } : {}),
      ...(pointFault ? { errorId: 'place-error' } : {}),
    })}
    ${button(t('reports.ask.continue'))} ${fromPhoto(view, parts)} ${byDistrict(view, places, parts)}`
}

function offered(view: View, places: Places, point: Point | null): Content {
  if (point === null) return null
  const { t } = view
  const label = placeLabel(view, places, point)
  return html`<section class="st-callout st-flow" aria-labelledby="offered">
    <h2 id="offered">${t('reports.ask.where.offered')}</h2>
    <p>${label}</p>
    ${mapPicture(view, { ...point, height: 240, alt: label })} ${button(t('reports.ask.where.offered_use'), { name: '_use_photo', value: '1', novalidate: true })}
  </section>`
}

function results(view: View, found: Found): Content {
  if (found === null) return null
  const { t } = view
  const n = found.addresses.length + found.names.length
  const said =
    n > 0 ? t('reports.ask.where.found', { n }) : t(found.typed === '' ? 'reports.ask.where.find_empty' : 'reports.ask.where.found_none')
  const pick = (value: string, title: Content, about: Content): Html =>
    html`<li>${element('button', { type: 'submit', name: '_pick', value, formnovalidate: true }, html`<strong><bdi>${title}</bdi></strong> <span class="st-meta">${about}</span>`)}</li>`
  const addresses = found.addresses.map((each) => pick(`address:${each.id}`, each.line1, each.postcode))
  const names = found.names.map((each) =>
    pick(
      `${each.kind}:${each.id}`,
      typeof each.name === 'string' ? each.name : plainWords(view, each.name),
      t(`reports.ask.where.kind.${each.kind}`),
    ),
  )
  // the page is new, so a status alone may go unheard
  return html`${element('p', { role: 'status', id: 'found', tabindex: -1, autofocus: true }, said)}
    ${hiddenInputs({ found_for: found.typed })}
    ${
      n === 0
        ? null
        : html`<ul class="st-choices">
            ${/\p{Nd}/u.test(found.typed) ? [addresses, names] : [names, addresses]}
          </ul>`
    }`
}

function fromPhoto(view: View, { photos, photoFault }: WhereParts): Content {
  const { t } = view
  if (photos >= draftLimits.photos && !photoFault) return null
  return html`<details class="st-group" ?open="${photoFault !== null}">
    <summary>${t('reports.ask.where.photo')}</summary>
    ${fileField({ id: 'photos', name: 'photos', label: t('reports.ask.where.photo_label'), hint: t('reports.ask.where.photo_hint'), error: photoFault ?? undefined, accept: PICTURES })}
    ${button(t('reports.ask.where.photo_send'), { kind: 'secondary', name: '_photo', value: '1', novalidate: true })}
  </details>`
}

function byDistrict(view: View, places: Places, parts: WhereParts): Html {
  const { t } = view
  const wrong = parts.fault === 'district'
  return html`<details class="st-group" ?open="${wrong || parts.district !== ''}">
    <summary>${t('reports.ask.where.by_district')}</summary>
    <p>${t('reports.ask.where.by_district_text')}</p>
    ${selectField({
      id: 'district',
      name: 'district',
      label: t('reports.ask.where.district_label'),
      value: parts.district,
      empty: t('ui.field.choose'),
      error: wrong ? t('reports.ask.where.fault.district') : undefined,
      options: places.districts.map((each) => ({ value: each.id, label: plainWords(view, each.name) })),
    })}
    ${textField({ id: 'words', name: 'words', label: t('reports.ask.where.words'), hint: t('reports.ask.where.words_hint'), value: parts.words, maxlength: draftLimits.where })}
    ${button(t('reports.ask.where.by_district_use'), { kind: 'secondary', name: '_district', value: '1', novalidate: true })}
  </details>`
}

/** A place outside the city: how far, whose it may be, and the way back. */
export function outsidePage(view: View, o: { metres: number; authorities: readonly Authority[]; city: string }): Html {
  const { t } = view
  const km = o.metres >= 1_000
  const away = new Intl.NumberFormat(view.locale, {
    style: 'unit',
    unit: km ? 'kilometer' : 'meter',
    maximumFractionDigits: km ? 1 : 0,
  }).format(km ? o.metres / 1_000 : Math.max(1, Math.round(o.metres)))
  return html`<h1>${t('reports.ask.outside.title')}</h1>
    ${alert('warning', null, html`<p>${t('reports.ask.outside.text', { city: o.city, away })}</p>`)}
    <p>${linkButton('/reports/new', t('reports.ask.outside.again'))}</p>
    ${
      o.authorities.length === 0
        ? html`<p>${t('reports.ask.outside.nobody')}</p>`
        : html`<h2>${t('reports.ask.outside.whose')}</h2>
            <ul class="st-ways">
              ${o.authorities.map(
                (each) =>
                  html`<li>
                    <strong>${words(view, each.name)}</strong>
                    <p>${words(view, each.about)}</p>
                    <p>${each.phone ? dial(each.phone) : null} ${each.email ? html`<a class="ds-link" href="${`mailto:${each.email}`}"><bdi>${each.email}</bdi></a>` : null}</p>
                  </li>`,
              )}
            </ul>`
    }`
}
