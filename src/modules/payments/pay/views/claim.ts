import { alert, button, type Content, html, type Html, linkButton, summaryList, type View, words } from '../../../../ui/index.ts'
import type { Bill } from '../../bill.ts'
import { billPath } from '../see.ts'
import { agencyName, owed } from './words.ts'

/** The way to keep a bill with one's account; through signing in for who is not signed in. */
export function claimOffer(view: View, bill: Bill): Content {
  const { t } = view
  const path = `${billPath(bill)}/claim`
  return html`<section class="st-flow" aria-labelledby="claim">
    <h2 id="claim">${t('payments.pay.claim')}</h2>
    <p>${t('payments.pay.claim.offer')}</p>
    <p>
      ${
        view.viewer
          ? linkButton(path, t('payments.pay.claim'), { kind: 'secondary' })
          : linkButton(`/sign-in?next=${path}`, t('ui.sign_in'), { kind: 'secondary' })
      }
    </p>
  </section>`
}

/** Says that a bill is kept now, and where it is found. */
export function claimedAlert(view: View): Content {
  const { t } = view
  return alert(
    'success',
    null,
    html`<p role="status">
      ${t('payments.pay.claim.done')} <a class="ds-link" href="/pay/mine">${t('payments.pay.mine.title')}</a>
    </p>`,
  )
}

/** What keeping a bill with an account means, and the button that does it. */
export function claimPage(view: View, bill: Bill): Html {
  const { t } = view
  return html` <h1>${t('payments.pay.claim')}</h1>
    ${summaryList([
      {
        key: html`${words(view, bill.title)} <bdi>${bill.reference}</bdi>`,
        value: html`${owed(view, bill, bill.outstanding)}, ${agencyName(view, bill.agency)}`,
      },
    ])}
    <p>${t('payments.pay.claim.text')}</p>
    <p>${t('payments.pay.claim.code')}</p>
    <form method="post" action="${`${billPath(bill)}/claim`}">${button(t('payments.pay.claim.submit'))}</form>`
}
