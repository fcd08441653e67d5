import { z } from 'zod'
import { type Level, levels } from '../access/index.ts'

/** The fields of a person's profile that a provider's claims may fill. */
export const profileFields = ['full_name', 'email', 'phone', 'date_of_birth', 'national_id'] as const
export type ProfileField = (typeof profileFields)[number]

/** Which claim fills which field; `full_name` may be put together from several, in order. */
export type ClaimMap = Partial<Record<ProfileField, readonly string[]>>

/** An outside identity provider as administrators describe it. */
export type Provider = {
  readonly id: string
  readonly names: Readonly<Record<string, string>>
  readonly issuer: string
  readonly clientId: string
  readonly secret: string | null
  readonly scopes: string
  readonly claims: ClaimMap
  readonly levels: Readonly<Record<string, Level>>
  readonly defaultLevel: Level
  readonly enabled: boolean
}

/** What the eIDAS levels are called in `acr` (Commission Implementing Regulation (EU) 2015/1501; eIDAS message format 1.4, 2.5). */
export const eidasLevels: Readonly<Record<string, Level>> = {
  'http://eidas.europa.eu/LoA/low': 'low',
  'http://eidas.europa.eu/LoA/substantial': 'substantial',
  'http://eidas.europa.eu/LoA/high': 'high',
}

/** The claims of OpenID Connect Core 1.0, 5.1 that most providers give. */
export const standardClaims: ClaimMap = {
  full_name: ['name'],
  email: ['email'],
  date_of_birth: ['birthdate'],
}

const claim = z.string().regex(/^[A-Za-z0-9_.:/#-]{1,120}$/)

/** What an administrator may type for a provider. `http` only where `insecure` allows it: a provider on this machine. */
export function providerRules(insecure: boolean) {
  return {
    id: z.string().regex(/^[a-z][a-z0-9-]{1,30}$/),
    name: z.string().min(2).max(80),
    issuer: z
      .url({ protocol: insecure ? /^https?$/ : /^https$/ })
      .max(300)
      .refine((text) => mayBeAsked(text, insecure), 'must be https'),
    client_id: z.string().min(1).max(200),
    secret: z.string().max(500),
    scopes: z.string().regex(/^openid( [A-Za-z0-9_.:/-]{1,80}){0,20}$/),
    claims: z.string().transform((text, context) => readClaims(text) ?? refuse(context)),
    levels: z.string().transform((text, context) => readLevels(text) ?? refuse(context)),
    default_level: z.enum(levels),
  } as const
}

function refuse(context: z.RefinementCtx): never {
  context.addIssue('unreadable')
  return z.NEVER
}

/** Whether the server may fetch from an issuer: https anywhere, http only on this machine and only when that is allowed. */
export function mayBeAsked(issuer: string, insecure: boolean): boolean {
  if (!URL.canParse(issuer)) return false
  const url = new URL(issuer)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false
  if (url.protocol === 'https:') return true
  return insecure && url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
}

/** Lines such as `full_name = given_name family_name`; null when one cannot be read. */
export function readClaims(text: string): ClaimMap | null {
  const map: Partial<Record<ProfileField, readonly string[]>> = {}
  for (const { left, right } of lines(text)) {
    const field = profileFields.find((each) => each === left)
    const names = right.split(/\s+/)
    if (!field || names.length > 4 || !names.every((name) => claim.safeParse(name).success)) return null
    map[field] = names
  }
  return map
}

/** Lines such as `http://eidas.europa.eu/LoA/high = high`; null when one cannot be read. */
export function readLevels(text: string): Record<string, Level> | null {
  const map: Record<string, Level> = {}
  for (const { left, right } of lines(text)) {
    const level = levels.find((each) => each === right)
    if (!level || !claim.safeParse(left).success) return null
    map[left] = level
  }
  return map
}

function lines(text: string): Array<{ left: string; right: string }> {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 50)
    .map((line) => {
      const at = line.lastIndexOf(' = ')
      return at < 0 ? { left: '', right: '' } : { left: line.slice(0, at).trim(), right: line.slice(at + 3).trim() }
    })
}

/** A map as the lines that it was read from. */
export function asLines(map: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.entries(map)
    .map(([left, right]) => `${left} = ${typeof right === 'string' ? right : right.join(' ')}`)
    .join('\n')
}

/** What a provider's claims say of the person, by profile field. An e-mail address only when the provider has verified it. */
export function profileFrom(map: ClaimMap, claims: Readonly<Record<string, unknown>>): Partial<Record<ProfileField, string>> {
  const profile: Partial<Record<ProfileField, string>> = {}
  for (const field of profileFields) {
    const parts = (map[field] ?? []).map((name) => claims[name]).filter((value) => typeof value === 'string' && value.trim() !== '')
    const text = parts.join(' ').trim().slice(0, 200)
    if (text === '') continue
    if (field === 'email' && claims['email_verified'] !== true) continue
    if (field === 'date_of_birth' && !/^\d{4}-\d{2}-\d{2}$/.test(text)) continue
    profile[field] = text
  }
  return profile
}

/** The level that a provider's answer stands for: what its `acr` is mapped to; else its default, never more. */
export function levelFrom(provider: Pick<Provider, 'levels' | 'defaultLevel'>, acr: unknown): Level {
  const known = typeof acr === 'string' ? Object.entries(provider.levels).find(([name]) => name === acr)?.[1] : undefined
  return known ?? provider.defaultLevel
}

/** The `acr` values to ask a provider for, for a level: those that reach it, the least first. */
export function acrFor(provider: Pick<Provider, 'levels'>, needed: Level): string[] {
  return Object.entries(provider.levels)
    .filter(([, level]) => levels.indexOf(level) >= levels.indexOf(needed))
    .toSorted(([, a], [, b]) => levels.indexOf(a) - levels.indexOf(b))
    .map(([name]) => name)
}
