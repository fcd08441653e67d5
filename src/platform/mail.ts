import type { Transporter } from 'nodemailer'

/** A letter by e-mail, text only. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string; readonly language: string; readonly id: string }

/**
 * Hands e-mail over; throws when the server does not take it (the job that sends tries again), `MailRefused` when it never
 * will, because there is no such mailbox.
 */
export type Mailer = { send(mail: Mail): Promise<void>; close(): void }

/** That an address takes no mail, now or later. It does not say which. */
export class MailRefused extends Error {
  constructor() {
    super('the address takes no mail')
    this.name = 'MailRefused'
  }
}

/** E-mail over SMTP. The message id is made from `id`, so a second hand-over of the same mail can be seen as one. */
export function smtpMailer(url: string, from: string, domain: string): Mailer {
  let opened: Promise<Transporter> | null = null
  // the library is loaded with the first mail: its time would be part of every start
  const transport = (): Promise<Transporter> =>
    (opened ??= import('nodemailer').then((library) => library.default.createTransport(url, { from })))
  return {
    async send(mail) {
      try {
        await (
          await transport()
        ).sendMail({
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          messageId: `<${mail.id}@${domain}>`,
          headers: { 'Content-Language': mail.language, 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        throw isRefusedForGood(error) ? new MailRefused() : error
      }
    },
    close: () => void opened?.then((each) => each.close()),
  }
}

/** The mailbox is not there, is not one, has moved or is closed (RFC 3463, 3.2 and 3.3; RFC 7505, 4.1). */
const NO_MAILBOX = /^5\d\d[ -]5\.(1\.(1|2|3|6|10)|2\.1)\b/
/** Without an enhanced code: no such mailbox, moved, or a name that cannot be (RFC 5321, 4.2.3). */
const PLAIN = new Set([550, 551, 553])

/** An answer that this one recipient does not exist, or an address that no server can be asked about; else it is tried again. */
function isRefusedForGood(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EENVELOPE' || !('command' in error)) return false
  if (error.command === 'API') return /^(No recipients|Invalid recipient)/.test(error.message)
  const code = 'responseCode' in error ? Number(error.responseCode) : 0
  const response = 'response' in error ? String(error.response) : ''
  if (error.command !== 'RCPT TO') return false
  return /^5\d\d[ -]\d\.\d/.test(response) ? NO_MAILBOX.test(response) : PLAIN.has(code)
}
