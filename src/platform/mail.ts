import nodemailer from 'nodemailer'

/** A letter by e-mail, text only. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string; readonly language: string; readonly id: string }

/** Hands e-mail over; throws when the server does not take it (the job that sends tries again). */
export type Mailer = { send(mail: Mail): Promise<void>; close(): void }

/** E-mail over SMTP. The message id is made from `id`, so a second hand-over of the same mail can be seen as one. */
export function smtpMailer(url: string, from: string, domain: string): Mailer {
  const transport = nodemailer.createTransport(url, { from })
  return {
    async send(mail) {
      await transport.sendMail({
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        messageId: `<${mail.id}@${domain}>`,
        headers: { 'Content-Language': mail.language, 'Auto-Submitted': 'auto-generated' },
      })
    },
    close: () => transport.close(),
  }
}
