import { isIP } from 'node:net'
import { z } from 'zod'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText, inLanguage } from '../../../kernel/text.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import * as store from './store.ts'
import { tellOwner } from './tell.ts'

/** EdDSA, ES256 and RS256, which every authenticator has one of (RFC 9053; RFC 8812). */
const ALGORITHMS = [-8, -7, -257]

/** How long a browser may take to answer, in minutes. */
const MINUTES = 5

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,20000}$/)
const common = { id: base64url, rawId: base64url, type: z.literal('public-key'), clientExtensionResults: z.object({}).catch({}) } as const
const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z
      .array(z.string().regex(/^[a-z-]{1,20}$/))
      .max(10)
      .catch([]),
  }),
})
const assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.optional().catch(undefined),
  }),
})

/** The library is loaded with the first passkey: it is large, and its time would be part of every start. */
const webauthn = (): Promise<typeof import('@simplewebauthn/server')> => import('@simplewebauthn/server')

/** A passkey in the list of its owner. */
export type ListedPasskey = {
  readonly id: string
  readonly name: string
  readonly created: Date
  readonly used: Date | null
  readonly backedUp: boolean
  readonly disabled: boolean
}

/** Whether browsers make passkeys for this deployment: only for a name, and over https or on this machine (WebAuthn Level 3, 5.1.3). */
export function passkeysPossible(platform: Platform): boolean {
  const { hostname, protocol } = new URL(platform.publicOrigin)
  return isIP(hostname.replaceAll(/[[\]]/g, '')) === 0 && (protocol === 'https:' || hostname === 'localhost')
}

function relyingParty(platform: Platform): string {
  return new URL(platform.publicOrigin).hostname
}

/** What a browser needs to make a passkey for an account; `label` is what its owner sees in the list of their passkeys. */
export async function registrationOptions(platform: Platform, accountId: string, label: { email: string; name: string }) {
  const known = await store.passkeysOf(platform.db, accountId)
  const { generateRegistrationOptions } = await webauthn()
  const options = await generateRegistrationOptions({
    rpName: inLanguage(platform.city.name, 'en').text,
    rpID: relyingParty(platform),
    userName: label.email || label.name,
    userDisplayName: label.name,
    userID: new Uint8Array(handleOf(accountId)),
    challenge: new Uint8Array(platform.random(32)),
    timeout: MINUTES * 60_000,
    excludeCredentials: known.map((row) => ({ id: row.credential_id.toString('base64url'), transports: row.transports })),
    supportedAlgorithmIDs: ALGORITHMS,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  await keepChallenge(platform, options.challenge, 'register', accountId)
  return options
}

/** What a browser needs to sign in with any passkey, or with `accountId` to confirm who is signed in. */
export async function assertionOptions(platform: Platform, accountId: string | null) {
  const known = accountId === null ? [] : (await store.passkeysOf(platform.db, accountId)).filter((row) => row.disabled_at === null)
  const { generateAuthenticationOptions } = await webauthn()
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(platform),
    challenge: new Uint8Array(platform.random(32)),
    timeout: MINUTES * 60_000,
    allowCredentials: known.map((row) => ({ id: row.credential_id.toString('base64url'), transports: row.transports })),
    userVerification: 'required',
  })
  await keepChallenge(platform, options.challenge, accountId === null ? 'sign_in' : 'step_up', accountId)
  return options
}

/** Adds the passkey that a browser has made. Throws 422 when it was not made for this account, here and now, with its user verified. */
export async function addPasskey(platform: Platform, accountId: string, answer: string, name: string): Promise<void> {
  const response = parsed(registration, answer)
  const challenge = await takeChallenge(platform, response.response.clientDataJSON, 'register', accountId)
  const { verifyRegistrationResponse } = await webauthn()
  const made = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: platform.publicOrigin,
    expectedRPID: relyingParty(platform),
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => null)
  if (!made?.verified) throw refused()
  const { credential, credentialDeviceType, credentialBackedUp } = made.registrationInfo
  const id = platform.newId()
  const { version, wrapped } = platform.keys.wrap(Buffer.from(name), store.passkeyContext(id))
  await transact(platform, async (tx) => {
    await store.lockAccount(tx.db, accountId)
    const credentialId = Buffer.from(credential.id, 'base64url')
    if (await store.passkeyByCredential(tx.db, credentialId, false)) throw refused()
    await store.insertPasskey(tx.db, {
      id,
      account_id: accountId,
      credential_id: credentialId,
      public_key: Buffer.from(credential.publicKey),
      counter: BigInt(credential.counter),
      transports: response.response.transports,
      device_type: credentialDeviceType === 'multiDevice' ? 'multi_device' : 'single_device',
      backed_up: credentialBackedUp,
      name: wrapped,
      key_version: version,
      created_at: tx.now(),
      used_at: null,
      disabled_at: null,
    })
    await record(tx, ownerOf(accountId), { type: 'identity.factor.added', stream: accountId, data: { kind: 'passkey' } })
    await tellOwner(tx, accountId, 'passkey_added')
  })
}

/**
 * The account whose passkey has signed; with `accountId` it must be that one. Throws 422 when the answer is not good. A
 * counter that went back (WebAuthn Level 3, 6.1.1) means that there may be a copy: the passkey is good no more.
 */
export async function takeAssertion(platform: Platform, answer: string, accountId: string | null): Promise<string> {
  const response = parsed(assertion, answer)
  const challenge = await takeChallenge(platform, response.response.clientDataJSON, accountId === null ? 'sign_in' : 'step_up', accountId)
  const credentialId = Buffer.from(response.id, 'base64url')
  const row = await store.passkeyByCredential(platform.db, credentialId, false)
  if (!row || (accountId !== null && row.account_id !== accountId)) throw refused()
  const { userHandle } = response.response
  if (userHandle !== undefined && userHandle !== handleOf(row.account_id).toString('base64url')) throw refused()
  const { verifyAuthenticationResponse } = await webauthn()
  const checked = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: platform.publicOrigin,
    expectedRPID: relyingParty(platform),
    // the counter is compared below, under a lock
    credential: { id: response.id, publicKey: new Uint8Array(row.public_key), counter: 0, transports: row.transports },
  }).catch(() => null)
  if (!checked?.verified) throw refused()
  const good = await transact(platform, (tx) =>
    countUse(tx, credentialId, BigInt(checked.authenticationInfo.newCounter), checked.authenticationInfo.credentialBackedUp),
  )
  if (!good) throw refused()
  return row.account_id
}

async function countUse(tx: Platform, credentialId: Buffer, counter: bigint, backedUp: boolean): Promise<boolean> {
  const row = await store.passkeyByCredential(tx.db, credentialId, true)
  if (!row || row.disabled_at !== null) return false
  if ((counter > 0n || row.counter > 0n) && counter <= row.counter) {
    await store.updatePasskey(tx.db, row.account_id, row.id, { disabled_at: tx.now() })
    await record(tx, ownerOf(row.account_id), {
      type: 'identity.passkey.clone_suspected',
      stream: row.account_id,
      data: { passkey: row.id },
    })
    await tellOwner(tx, row.account_id, 'passkey_cloned')
    return false
  }
  await store.updatePasskey(tx.db, row.account_id, row.id, { counter, backed_up: backedUp, used_at: tx.now() })
  return true
}

/** The passkeys of an account, the oldest first. */
export async function listPasskeys(platform: Platform, accountId: string): Promise<ListedPasskey[]> {
  return (await store.passkeysOf(platform.db, accountId)).map((row) => ({
    id: row.id,
    name: platform.keys.unwrap(row.key_version, row.name, store.passkeyContext(row.id)).toString(),
    created: row.created_at,
    used: row.used_at,
    backedUp: row.backed_up,
    disabled: row.disabled_at !== null,
  }))
}

/** Gives a passkey of the account another name; false when it has no such passkey. */
export async function renamePasskey(platform: Platform, accountId: string, id: string, name: string): Promise<boolean> {
  const { version, wrapped } = platform.keys.wrap(Buffer.from(cleanText(name).slice(0, 60)), store.passkeyContext(id))
  return store.updatePasskey(platform.db, accountId, id, { name: wrapped, key_version: version })
}

async function keepChallenge(
  platform: Platform,
  challenge: string,
  purpose: store.ChallengePurpose,
  accountId: string | null,
): Promise<void> {
  const expires = new Date(platform.now().getTime() + MINUTES * 60_000)
  await store.insertChallenge(platform.db, { token: tokenOf(platform, challenge), purpose, account_id: accountId, expires_at: expires })
}

/** The challenge that was answered, if it was given out for this and not answered before. */
async function takeChallenge(
  platform: Platform,
  clientDataJSON: string,
  purpose: store.ChallengePurpose,
  accountId: string | null,
): Promise<string> {
  const { challenge } = parsed(z.object({ challenge: base64url }), Buffer.from(clientDataJSON, 'base64url').toString())
  const taken = await store.takeChallenge(platform.db, tokenOf(platform, challenge), purpose, platform.now())
  if (!taken || taken.account_id !== accountId) throw refused()
  return challenge
}

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw refused()
  }
}

function tokenOf(platform: Platform, challenge: string): Buffer {
  return platform.keys.token(`challenge:${challenge}`)
}

/** The user handle: the bytes of the account's id, which say nothing about its owner (WebAuthn Level 3, 14.6.1). */
function handleOf(accountId: string): Buffer {
  return Buffer.from(accountId.replaceAll('-', ''), 'hex')
}

function ownerOf(accountId: string): { journalName: string; channel: string } {
  return { journalName: `account:${accountId}`, channel: 'web' }
}

function refused(): Problem {
  return new Problem('identity.passkey-refused', 422, 'This passkey cannot be used here. Try again, or sign in another way.')
}
