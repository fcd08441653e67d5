import nodemailer from 'nodemailer'

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
  const transport = nodemailer.createTransport(url, { from })
  return {
    async send(mail) {
      try {
        await transport.sendMail({
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
    close: () => transport.close(),
  }
}

/** What a server says of our own standing with it, not of the mailbox: to authenticate first, or a policy (RFC 3463, X.7.x). */
const OURS = new Set([503, 530, 534, 535, 538])

/** A permanent answer to this one recipient (RFC 5321, 4.2.1), or an address that no server can be asked about. */
function isRefusedForGood(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EENVELOPE' || !('command' in error)) return false
  if (error.command === 'API') return /^(No recipients|Invalid recipient)/.test(error.message)
  const code = 'responseCode' in error ? Number(error.responseCode) : 0
  const response = 'response' in error ? String(error.response) : ''
  return error.command === 'RCPT TO' && code >= 500 && code < 600 && !OURS.has(code) && !/^5\d\d[ -]5\.7\./.test(response)
}
