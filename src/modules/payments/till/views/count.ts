import { type Content, fieldset, html, type Html, money, textField, type View } from '../../../../ui/index.ts'
import { textOf } from '../../../../platform/http/routes.ts'
import { piecesOf } from '../count.ts'

/** The fields of a count: the sum, or pieces folded below it; what was typed is kept. */
export function countFields(view: View, typed: unknown, error: string | undefined): Html {
  const { t } = view
  const { currency } = view.city
  const pieces = piecesOf(currency)
  const anyTyped = pieces.some((worth) => (textOf(typed, `piece_${worth}`) ?? '') !== '')
  const fields: Content = pieces.map((worth) =>
    textField({
      id: `piece-${worth}`,
      name: `piece_${worth}`,
      label: html`${money(view, { amount: worth, currency })} ×`,
      value: textOf(typed, `piece_${worth}`) ?? '',
      inputmode: 'numeric',
      dir: 'ltr',
      width: 'xs',
    }),
  )
  return html`${textField({
    id: 'sum',
    name: 'sum',
    label: t('payments.till.count.sum'),
    hint: t('payments.till.count.hint'),
    value: textOf(typed, 'sum') ?? '',
    inputmode: 'decimal',
    dir: 'ltr',
    width: 's',
    suffix: currency,
    error,
  })}
  ${
    pieces.length === 0
      ? null
      : html`<details ?open="${anyTyped}">
          <summary>${t('payments.till.count.pieces')}</summary>
          ${fieldset({ id: 'pieces', legend: t('payments.till.count.pieces_legend') }, fields)}
        </details>`
  }`
}
