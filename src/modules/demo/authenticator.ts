import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Platform, transact } from '../../platform/platform.ts'
import { dataTable, html, type Pages } from '../../ui/index.ts'
import { accountByAddress, addTotp, codeAt, meansOf, STEP_SECONDS, stepOf } from '../identity/index.ts'
import { demoAccounts } from './accounts.ts'

/** The secret of a demo account's authenticator app: this deployment's own, and the same each time it is asked for. */
function secretOf(platform: Platform, accountId: string): Uint8Array {
  return platform.keys.token(`demo-authenticator:${accountId}`).subarray(0, 20)
}

/** Gives the demo's members of staff the app that `/demo/authenticator` is; whoever has a second step keeps it. */
export async function seedAuthenticators(platform: Platform): Promise<void> {
  for (const account of demoAccounts.filter((each) => each.staff)) {
    const known = await accountByAddress(platform, account.email)
    if (!known) continue
    const means = await meansOf(platform, known.id)
    if (means.totp || means.passkeys > 0) continue
    await transact(platform, (tx) => addTotp(tx, { journalName: 'system:seed', channel: 'job' }, known.id, secretOf(tx, known.id), 0))
  }
}

/** The page that shows the codes of the demo's accounts, now and next; it comes anew by itself when they change. */
export async function authenticatorPage(
  platform: Platform,
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const now = platform.now()
  const step = stepOf(now)
  const left = STEP_SECONDS - (Math.floor(now.getTime() / 1000) % STEP_SECONDS)
  const rows = []
  for (const account of demoAccounts.filter((each) => each.staff)) {
    const known = await accountByAddress(platform, account.email)
    if (!known) continue
    const secret = secretOf(platform, known.id)
    const code = (at: number) => html`<bdi>${codeAt(secret, at)}</bdi>`
    rows.push([html`<bdi>${account.email}</bdi>`, html`<strong>${code(step)}</strong>`, code(step + 1)])
  }
  const main = html`<h1>${view.t('demo.authenticator.title')}</h1>
    <p class="st-lead">${view.t('demo.authenticator.lead')}</p>
    <p>${view.t('demo.authenticator.left', { seconds: left })}</p>
    ${dataTable({
      caption: view.t('demo.authenticator.codes'),
      head: [view.t('demo.email'), view.t('demo.authenticator.now'), view.t('demo.authenticator.next')],
      rows,
    })}
`
  void reply.header('refresh', String(left))
  return pages.send(request, reply, { title: view.t('demo.authenticator.title'), main, back: { href: '/demo' } })
}
