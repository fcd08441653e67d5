import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const file = z.strictObject({ merchantKey: z.string().min(20), webhookSecret: z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/) })

/** The key that the merchant calls with, and the secret that webhooks are signed with (Standard Webhooks). */
export type Keys = z.infer<typeof file>

/** Reads the keys of a bank's folder, `keys.json` (mode 600); makes them when they are not there. */
export function keysIn(dir: string): Keys {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'keys.json')
  const made: Keys = {
    merchantKey: `hbk_${randomBytes(24).toString('base64url')}`,
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
  }
  try {
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return made
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return file.parse(JSON.parse(readFileSync(path, 'utf8')))
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const hash = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(hash(a), hash(b))
}

/** An id that nobody can guess, such as `pay_...`. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('hex')}`
}
