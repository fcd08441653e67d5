import { type Content, html, icon, linkButton, type View } from '../../../ui/index.ts'
import type { Actor } from '../../access/index.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { mayPay } from './see.ts'

/** The way to pay a bill, for the city's front page. */
export function payCallout(view: View): Content {
  const { t } = view
  return html`<section class="st-flow st-callout" aria-labelledby="pay">
    <h2 id="pay">${icon('wallet')} ${t('payments.pay.title')}</h2>
    <p>${t('payments.pay.home_text')}</p>
    <p>${linkButton('/pay', t('payments.pay.title'), { kind: 'secondary' })}</p>
  </section>`
}

/** How many bills of somebody are to be paid, with the way to them; for the page of their applications. */
export async function billsPanel(treasury: Treasury, actor: Actor, view: View): Promise<Content> {
  if (actor.personId === null) return null
  const { t } = view
  const own = await bills.billsOfPerson(treasury.platform.db, actor.personId)
  const open = own.filter((bill) => bill.state === 'open' && mayPay(treasury, actor, bill))
  return html`<div class="st-flow">
    <h2>${t('payments.pay.mine.title')}</h2>
    <p>${open.length === 0 ? t('payments.pay.mine.none') : t('payments.pay.panel_text', { n: open.length })}</p>
    <p>${linkButton('/pay/mine', t('payments.pay.mine.title'), { kind: 'secondary' })}</p>
  </div>`
}
