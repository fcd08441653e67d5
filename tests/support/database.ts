import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** The server that the test run started; see tools/test.ts. */
function serverUrl(): string {
  const url = process.env['STOA_TEST_SERVER']
  if (!url) throw new Error('Run tests with: npm test [-- files]')
  return url
}

/** The URL of another database on the same server. */
export function databaseUrl(name: string): string {
  return serverUrl().replace(/\/[^/?]*(\?|$)/, `/${name}$1`)
}

/** A database of its own for one test file, made from the migrated template. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name} template stoa_template strategy file_copy`)
  return { url: databaseUrl(name), drop: () => onServer(`drop database if exists ${name} with (force)`) }
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() })
  await client.connect()
  try {
    // copying a template waits for others that copy it: try again while it is in use
    for (let tries = 0; ; tries += 1) {
      try {
        await client.query(sql)
        return
      } catch (error) {
        const busy = error instanceof Error && 'code' in error && error.code === '55006'
        if (!busy || tries > 100) throw error
        await new Promise((done) => setTimeout(done, 50))
      }
    }
  } finally {
    await client.end()
  }
}
