import { resolve } from 'node:path'
import { z } from 'zod'
import { type KeySource, splitCommand } from './platform/keys.ts'
import { readS3Url, type S3Options } from './platform/s3files.ts'

/** What each variable is for; shown when one is wrong and in docs/operate. */
export const variables = {
  PORT: 'the port to serve on (default 8080)',
  HOST: 'the address to listen on (default 127.0.0.1)',
  PUBLIC_ORIGIN:
    'the origin people see, such as https://city.example (default http://localhost:PORT, with TLS_CERT https://localhost:PORT)',
  DATA_DIR: 'where the built-in database, files and keys lie (default ./data)',
  DATABASE_URL: 'a PostgreSQL server, 15 or newer; unset: Stoa runs its own',
  FILES_URL:
    'a bucket for files, s3://bucket/prefix?endpoint=https://files.example&region=eu-1&path_style=1; unset: DATA_DIR/files on the local disk',
  AWS_ACCESS_KEY_ID: 'the name of the key to the bucket of FILES_URL; needed with it, ignored without',
  AWS_SECRET_ACCESS_KEY: 'the secret of the key to the bucket of FILES_URL; needed with it, ignored without',
  SERVICES_DIR: 'the folder of service files (default services/ of the program)',
  CITY_DIR: 'the folder of the city: city.yaml and its map data (default city/ of the program)',
  MAP_PMTILES: 'a map of the city for the basemap (a PMTiles file, version 3); unset: drawn from the map data of CITY_DIR',
  OPEN311_KEYS: 'keys with which reports are sent to other bodies, authority=key of city/reports.yaml, comma separated (default: none)',
  PAY_PROVIDER: 'who takes payments: harbourbank, stripe, govuk_pay or none (default none; the demo: a sandbox bank of its own)',
  PAY_URL: 'the origin of the provider’s API, such as https://pay.example; needed for harbourbank, else its usual one',
  PAY_KEY: 'the secret key to the API of PAY_PROVIDER',
  PAY_WEBHOOK_SECRET: 'the secret that PAY_PROVIDER signs its webhooks with',
  BANK_PORT: 'the loopback port of the sandbox bank (default PORT + 1, or any that is free)',
  BANK_DIR: 'where the sandbox bank keeps its books and keys (default DATA_DIR/bank)',
  BANK_WEBHOOK_URL: 'where the sandbox bank sends its webhooks (default PUBLIC_ORIGIN/pay/webhooks/harbourbank)',
  ISO20022_DIR: 'a folder with the official ISO 20022 schemas (.xsd), against which bank files are checked too (default: none)',
  SMTP_URL: 'where e-mail is handed to, smtp://user:password@host:port; unset in the demo: its own mailbox',
  MAIL_FROM: 'the sender of e-mail (default from city.yaml)',
  STOA_KEYS: 'the deployment keys themselves, as the JSON of a key file; unset: a command or a file has them',
  STOA_KEY_COMMAND:
    'a command that prints the deployment keys, such as one that unwraps them with a KMS; run once at the start, without a shell',
  STOA_KEY_FILE: 'the file with the deployment keys (default DATA_DIR/keys.json, made at first start)',
  STOA_DRAFTS: '1: draft services can be opened and tried (default: only in the demo)',
  LOG_LEVEL: 'debug, info, warn or error (default info; the demo: warn)',
  TLS_CERT: 'the file with the TLS certificate and its chain (PEM), for serving https without a proxy; needs TLS_KEY',
  TLS_KEY: 'the file with the private key of TLS_CERT (PEM)',
  TRUST_PROXY: 'addresses of proxies whose X-Forwarded-For is believed, comma separated (default: none)',
} as const

type Variable = keyof typeof variables

const origin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.parse(text)?.origin === text.replace(/\/$/, ''), 'must be an origin: scheme, host and port only')
  .transform((text) => new URL(text).origin)

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_ORIGIN: origin.optional(),
  DATA_DIR: z.string().min(1).default('data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  FILES_URL: z
    .string()
    .transform((text, context) => {
      const place = readS3Url(text)
      if (typeof place !== 'string') return place
      context.addIssue(place)
      return z.NEVER
    })
    .optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  SERVICES_DIR: z.string().min(1).optional(),
  CITY_DIR: z.string().min(1).optional(),
  MAP_PMTILES: z.string().min(1).optional(),
  OPEN311_KEYS: z
    .string()
    .regex(/^[a-z][a-z0-9_]*=[^,\s]+(,[a-z][a-z0-9_]*=[^,\s]+)*$/, 'must be like roads=KEY,water=KEY')
    .optional(),
  PAY_PROVIDER: z.enum(['harbourbank', 'stripe', 'govuk_pay', 'none']).optional(),
  PAY_URL: origin.optional(),
  PAY_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters')
    .optional(),
  PAY_WEBHOOK_SECRET: z.string().min(16, 'is too short').optional(),
  BANK_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  BANK_DIR: z.string().min(1).optional(),
  BANK_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  ISO20022_DIR: z.string().min(1).optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().min(3).optional(),
  STOA_KEYS: z.string().optional(),
  STOA_KEY_COMMAND: z
    .string()
    .transform((text, context) => {
      const argv = splitCommand(text)
      if (argv !== null && argv.length > 0) return argv
      context.addIssue('has a quote that is left open, or no program')
      return z.NEVER
    })
    .optional(),
  STOA_KEY_FILE: z.string().min(1).optional(),
  STOA_DRAFTS: z.enum(['0', '1']).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional(),
  TLS_CERT: z.string().min(1).optional(),
  TLS_KEY: z.string().min(1).optional(),
  TRUST_PROXY: z.string().optional(),
})

/** How a provider of payments is reached; `url` undefined: its usual place. */
export type PayConfig = {
  readonly provider: 'harbourbank' | 'stripe' | 'govuk_pay'
  readonly url: string | undefined
  readonly key: string
  readonly webhookSecret: string
}

/** Where the sandbox bank of the demo is. */
export type BankConfig = { readonly port: number; readonly portGiven: boolean; readonly dir: string; readonly webhookUrl: string }

/** Everything the environment decides. */
export type Config = {
  readonly port: number
  readonly host: string
  readonly loopback: boolean
  readonly publicOrigin: string
  /** Whether PUBLIC_ORIGIN was set; if not, the loopback names of this port are the same place. */
  readonly originGiven: boolean
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  /** The bucket that files lie in; undefined: the local disk. */
  readonly s3: S3Options | undefined
  readonly servicesDir: string
  readonly cityDir: string
  /** The operator's own map; undefined: the city's own drawing. */
  readonly mapTiles: string | undefined
  /** The keys with which reports are sent to other bodies' Open311 servers, by authority. */
  readonly peerKeys: ReadonlyMap<string, string>
  /** Who takes payments; undefined: nobody, or in the demo its own sandbox bank. */
  readonly pay: PayConfig | undefined
  /** Whether PAY_PROVIDER was set, if only to `none`. */
  readonly payGiven: boolean
  readonly bank: BankConfig
  /** The folder with the official ISO 20022 schemas. */
  readonly iso20022Dir: string | undefined
  readonly smtpUrl: string | undefined
  readonly mailFrom: string | undefined
  readonly keyFile: string
  /** Where the deployment's keys come from; `keyFile` when they come from a file. */
  readonly keySource: KeySource
  /** The files of the certificate and its key when Stoa speaks TLS itself. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly drafts: boolean
  /** Whether STOA_DRAFTS asked for drafts, demo or not. */
  readonly draftsGiven: boolean
  readonly logLevelGiven: string | undefined
  readonly demo: boolean
  readonly logLevel: string
  readonly trustProxy: readonly string[]
}

/** The faults of an environment, all at once. */
export class ConfigError extends Error {}

/** Reads the environment; throws ConfigError that names every fault and what the variable is for. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, root: string): Config {
  const given = Object.fromEntries(Object.keys(variables).map((name) => [name, env[name] || undefined]))
  const parsed = environment.safeParse(given)
  const faults = (parsed.error?.issues ?? []).map((issue) => ({ name: String(issue.path[0]) as Variable, message: issue.message }))
  faults.push(...together(given))
  if (!parsed.success || faults.length > 0) {
    const lines = faults.map(({ name, message }) => `  ${name}: ${message}. It is ${variables[name]}.`)
    throw new ConfigError(`These settings cannot be used:\n${lines.join('\n')}`)
  }
  const e = parsed.data
  const loopback = ['127.0.0.1', 'localhost', '::1'].includes(e.HOST)
  const demo = e.DATABASE_URL === undefined && loopback
  const dataDir = resolve(e.DATA_DIR)
  const keyFile = resolve(e.STOA_KEY_FILE ?? `${dataDir}/keys.json`)
  const publicOrigin = e.PUBLIC_ORIGIN ?? `${e.TLS_CERT ? 'https' : 'http'}://localhost:${e.PORT}`
  return {
    port: e.PORT,
    host: e.HOST,
    loopback,
    publicOrigin,
    originGiven: e.PUBLIC_ORIGIN !== undefined,
    dataDir,
    databaseUrl: e.DATABASE_URL,
    s3: e.FILES_URL && { ...e.FILES_URL, accessKeyId: e.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: e.AWS_SECRET_ACCESS_KEY ?? '' },
    servicesDir: resolve(e.SERVICES_DIR ?? `${root}/services`),
    cityDir: resolve(e.CITY_DIR ?? `${root}/city`),
    mapTiles: e.MAP_PMTILES && resolve(e.MAP_PMTILES),
    peerKeys: new Map(
      (e.OPEN311_KEYS?.split(',') ?? []).map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
    ),
    pay:
      e.PAY_PROVIDER === undefined || e.PAY_PROVIDER === 'none'
        ? undefined
        : { provider: e.PAY_PROVIDER, url: e.PAY_URL, key: e.PAY_KEY ?? '', webhookSecret: e.PAY_WEBHOOK_SECRET ?? '' },
    payGiven: e.PAY_PROVIDER !== undefined,
    bank: {
      port: e.BANK_PORT ?? (e.PORT === 0 || e.PORT === 65535 ? 0 : e.PORT + 1),
      portGiven: e.BANK_PORT !== undefined,
      dir: resolve(e.BANK_DIR ?? `${dataDir}/bank`),
      webhookUrl: e.BANK_WEBHOOK_URL ?? `${publicOrigin}/pay/webhooks/harbourbank`,
    },
    iso20022Dir: e.ISO20022_DIR && resolve(e.ISO20022_DIR),
    smtpUrl: e.SMTP_URL,
    mailFrom: e.MAIL_FROM,
    keyFile,
    keySource:
      e.STOA_KEYS !== undefined
        ? { kind: 'environment', text: e.STOA_KEYS }
        : e.STOA_KEY_COMMAND !== undefined
          ? { kind: 'command', argv: e.STOA_KEY_COMMAND }
          : { kind: 'file', file: keyFile },
    tls: e.TLS_CERT && e.TLS_KEY ? { cert: resolve(e.TLS_CERT), key: resolve(e.TLS_KEY) } : undefined,
    drafts: e.STOA_DRAFTS === undefined ? demo : e.STOA_DRAFTS === '1',
    draftsGiven: e.STOA_DRAFTS === '1',
    logLevelGiven: e.LOG_LEVEL,
    demo,
    logLevel: e.LOG_LEVEL ?? (demo ? 'warn' : 'info'),
    trustProxy: e.TRUST_PROXY?.split(',').map((part) => part.trim()) ?? [],
  }
}

type Given = Readonly<Record<string, string | undefined>>

/** Faults of variables that must be set together, or not together. */
function together(given: Given): Array<{ name: Variable; message: string }> {
  const faults: Array<{ name: Variable; message: string }> = []
  const needs = (name: Variable, because: Variable): void => {
    if (given[because] !== undefined && given[name] === undefined) faults.push({ name, message: `must be set when ${because} is` })
  }
  needs('AWS_ACCESS_KEY_ID', 'FILES_URL')
  needs('AWS_SECRET_ACCESS_KEY', 'FILES_URL')
  needs('TLS_KEY', 'TLS_CERT')
  needs('TLS_CERT', 'TLS_KEY')
  if (given['PAY_PROVIDER'] !== undefined && given['PAY_PROVIDER'] !== 'none') {
    needs('PAY_KEY', 'PAY_PROVIDER')
    needs('PAY_WEBHOOK_SECRET', 'PAY_PROVIDER')
    if (given['PAY_PROVIDER'] === 'harbourbank') needs('PAY_URL', 'PAY_PROVIDER')
  }
  if (given['STOA_KEYS'] !== undefined && given['STOA_KEY_COMMAND'] !== undefined)
    faults.push({ name: 'STOA_KEYS', message: 'must not be set together with STOA_KEY_COMMAND' })
  if (given['TLS_CERT'] !== undefined && given['PUBLIC_ORIGIN']?.startsWith('http:'))
    faults.push({ name: 'PUBLIC_ORIGIN', message: 'must begin with https:// when TLS_CERT is set' })
  return faults
}
