import { accountByAddress } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

/** A clock that a test sets. */
export class Clock {
  now: Date
  constructor(start: string) {
    this.now = new Date(start)
  }
  /** Lets so many days go by. */
  pass(days: number): void {
    this.now = new Date(this.now.getTime() + days * 86_400_000)
  }
}

/** Somebody at their desk: asks for pages and posts forms in a session of their own. */
export class Desk {
  readonly #test: TestApp
  readonly #cookie: string

  constructor(test: TestApp, cookie: string) {
    this.#test = test
    this.#cookie = cookie
  }

  get(path: string): Promise<Answer> {
    return send(this.#test.url, { path, headers: { cookie: this.#cookie, accept: 'text/html' } })
  }

  post(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const headers = {
      cookie: this.#cookie,
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
    }
    return send(this.#test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
}

/** A desk of a demo account, in a new session. */
export async function deskOf(test: TestApp, name: string): Promise<Desk> {
  return new Desk(test, await sessionOf(test, `${name}@harbourview.example`))
}

/** The id of a demo account. */
export async function accountId(test: TestApp, name: string): Promise<string> {
  return (await accountByAddress(test.app.platform, `${name}@harbourview.example`))?.id ?? ''
}

/** Rows of a query on the test's database. */
export function rowsOf<Row>(test: TestApp, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  return query<Row>(test.app.platform.db, text, values)
}

/** Runs a job of the program by its name, now. */
export async function runJob(test: TestApp, name: string): Promise<void> {
  const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === name)
  if (!job) throw new Error(`there is no job ${name}`)
  await job.run(test.app.platform, {})
}

/** Lines of the journal of a type, oldest first. */
export function linesOf(
  test: TestApp,
  type: string,
): Promise<Array<{ actor: string; stream: string; subject: string | null; data: Record<string, unknown> }>> {
  return rowsOf(test, 'select actor, stream, subject, data from journal.event where type = $1 order by seq', [type])
}
