import { type Context, itemsOf, judgeError, judgeErrorDocument, told } from '../context.ts'
import { shapes } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, skip, stop } from '../verdict.ts'
import type { Format } from '../../shapes.ts'

const rule = (id: string, section: Rule['section'], severity: Rule['severity'], says: string, run: Rule['run']): Rule => ({
  id,
  section,
  severity,
  says,
  per: 'format',
  run,
})

/** An answer that is surely an error: a definition that does not exist. */
async function anError(context: Context, format: Format): Promise<Answer> {
  const answer = await context.probe.get('services/no-such-service-5f0c1d', format)
  if (answer.fault !== null || answer.status < 400) stop('the server did not answer with an error')
  return answer
}

function linesOf(context: Context, answer: Answer, format: Format) {
  try {
    return itemsOf(context, answer, format, shapes.errors)
  } catch {
    return stop('the error document could not be read')
  }
}

/** Rules about error documents. */
export const errorRules: readonly Rule[] = [
  rule(
    'errors.document',
    'Errors',
    'must',
    'Errors are a list in the format that was asked for, each with code and description.',
    async (context, format) => judgeErrorDocument(context, await anError(context, format), format),
  ),
  rule('errors.code', 'Errors', 'should', 'The code begins with the HTTP status.', async (context, format) => {
    const answer = await anError(context, format)
    const [line] = linesOf(context, answer, format)
    const code = line?.text('code') ?? ''
    return code.startsWith(String(answer.status))
      ? pass()
      : fail(`a code that begins with ${answer.status}`, code || 'none', answer.request)
  }),
  rule(
    'errors.description',
    'Errors',
    'should',
    'The description is a sentence for people, without the inside of the program.',
    async (context, format) => {
      const answer = await anError(context, format)
      for (const line of linesOf(context, answer, format)) {
        const description = line.text('description') ?? ''
        if (/\bat .+:\d+|Traceback|Exception\b|stack trace|SQLSTATE|<html/i.test(description) || !/\p{L}{2,}/u.test(description)) {
          return fail('a sentence for people', description || 'none', answer.request)
        }
      }
      return pass()
    },
  ),
  rule('errors.unknown-method', 'Errors', 'must', 'What is not there is answered with 404.', async ({ probe }, format) => {
    const answer = await probe.get('no-such-method', format)
    return answer.status === 404 ? pass() : fail('404', told(answer), answer.request)
  }),
  {
    ...rule('errors.unknown-format', 'Errors', 'should', 'A format that is not offered is refused, not failed at.', async ({ probe }) => {
      const answer = await probe.fetch(
        `${probe.options.base}/services.yaml${probe.options.jurisdiction === null ? '' : `?jurisdiction_id=${encodeURIComponent(probe.options.jurisdiction)}`}`,
      )
      return answer.status >= 400 && answer.status < 500 ? pass() : fail('400, 404 or 406', told(answer), answer.request)
    }),
    per: 'once',
  },
  rule(
    'tokens.unknown',
    'GET service_request_id from a token',
    'must',
    'An unknown token is answered with 404 and an error document.',
    async (context, format) => judgeError(context, await context.probe.get('tokens/no-such-token-5f0c1d', format), format, [404]),
  ),
  rule(
    'jurisdiction.unknown',
    'jurisdiction_id',
    'must',
    'An unknown jurisdiction_id is answered with 404 and an error document, or ignored by a server of one jurisdiction.',
    async (context, format) => {
      const plain = await context.probe.get('services', format)
      if (plain.status !== 200) return skip('the service list did not answer with 200')
      const answer = await context.probe.get('services', format, { jurisdiction_id: 'no-such-jurisdiction.example' })
      if (answer.status === 200 && answer.text === plain.text) return pass('ignored: one jurisdiction')
      return judgeError(context, answer, format, [404])
    },
  ),
  rule(
    'jurisdiction.missing',
    'jurisdiction_id',
    'must',
    'A missing jurisdiction_id is answered with 400 and an error document where it is needed.',
    async (context, format) => {
      const plain = await context.probe.get('services', format)
      if (context.probe.options.jurisdiction === null)
        return plain.status === 200 ? pass('not needed: one jurisdiction') : skip('no jurisdiction_id was given to check with')
      const answer = await context.probe.get('services', format, { jurisdiction_id: null })
      if (answer.status === 200) return pass('not needed: one jurisdiction')
      return judgeError(context, answer, format, [400])
    },
  ),
  rule(
    'jurisdiction.empty',
    'jurisdiction_id',
    'must',
    'An empty jurisdiction_id is as if it were not there (Optional Arguments).',
    async (context, format) => {
      const none = await context.probe.get('services', format, { jurisdiction_id: null })
      const empty = await context.probe.get('services', format, { jurisdiction_id: '' })
      return none.status === empty.status ? pass() : fail(`${none.status}, as without it`, told(empty), empty.request)
    },
  ),
]
