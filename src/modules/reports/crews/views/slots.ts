import { type Content, element, html, type Html, type Tone } from '../../../../ui/index.ts'
import type { Stop } from '../stop.ts'

/**
 * Places in a page that a device fills in by itself without a connection: it draws from the same markup as the server, taken
 * from a template in which every place is there and empty. A null value leaves its place out.
 */

/** A text in its place. */
export function slot(
  name: string,
  value: string | null,
  tag: 'span' | 'bdi' | 'p' = 'span',
  more: Readonly<Record<string, string>> = {},
): Content {
  return value === null ? null : element(tag, { 'data-slot': name, ...more }, value)
}

/** A short state in its place. */
export function slotTag(name: string, value: string | null, tone: Tone): Content {
  return slot(name, value, 'span', { class: 'ds-tag', 'data-color': tone, 'data-variant': 'outline' })
}

/** Rows in their place; a template has one to copy. Nothing without rows. */
export function slotRows<T>(
  name: string,
  tag: 'ul' | 'ol' | 'dl' | 'div',
  rows: readonly T[],
  draw: (row: T) => Html,
  more: Readonly<Record<string, string>> = {},
): Html {
  return element(tag, { 'data-list': name, ...more }, rows.map(draw))
}

/** Where a stop stands in its forms, as hidden values. */
export function slotValues(stop: Stop): Html {
  const values = { report: stop.reference, ...seenValues(stop) }
  return html`${Object.entries(values).map(([name, value]) => element('input', { type: 'hidden', name, value, 'data-slot-value': name }))}`
}

/** How a report stood, as the values of a form. */
export function seenValues({ seen }: Pick<Stop, 'seen'>): Readonly<Record<string, string>> {
  return {
    seen_revision: String(seen.revision),
    seen_state: seen.state,
    seen_crew: seen.crew ?? '',
    seen_reopened: String(seen.reopened),
  }
}

/** A stop with every place there and nothing in it, for a template. */
export const blankStop: Stop = {
  reference: '',
  href: '/officer/crew',
  number: '',
  category: '',
  address: '',
  distance: '',
  due: '',
  overdue: '',
  urgent: '',
  begun: '',
  reopened: '',
  words: '',
  masked: '',
  crew: '',
  lat: '',
  long: '',
  answers: [{ label: '', value: '' }],
  lines: [{ at: '', text: '' }],
  pictures: [{ src: '', alt: '' }],
  seen: { revision: 0, state: 'assigned', crew: null, reopened: 0 },
}
