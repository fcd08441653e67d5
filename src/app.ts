import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { allEvents, allMessages } from './declared.ts'
import { type City, loadCity, withLiveAgencies } from './platform/city.ts'
import type { Keys } from './platform/crypto.ts'
import { APP_ROLE, type OpenDb, openDb } from './platform/db.ts'
import { type FileStore, localFiles } from './platform/files.ts'
import { createServer, type DeclaredRoute } from './platform/http/server.ts'
import { readTls, watchTls } from './platform/http/tls.ts'
import type { Messages } from './platform/i18n.ts'
import { startJobs } from './platform/jobs.ts'
import { createHub } from './platform/journal/hub.ts'
import { startSequencer } from './platform/journal/sequencer.ts'
import { startSubscribers } from './platform/journal/subscribers.ts'
import { openKeys } from './platform/keys.ts'
import { type Mailer, smtpMailer } from './platform/mail.ts'
import type { Module } from './platform/module.ts'
import { createPlatform, type Platform, systemClock } from './platform/platform.ts'
import { s3Files } from './platform/s3files.ts'
import type { Pages } from './ui/index.ts'
import { accountRoute } from './web/account.ts'
import { createAssets } from './web/assets.ts'
import { keptForm } from './web/kept.ts'
import { languageRoute } from './web/language.ts'
import { createPages, problemPage, readyKey, type SpokenAt, visitHook, waySignIn } from './web/pages.ts'
import { type Catalogue, loadCatalogue, spokenIn } from './modules/catalogue/index.ts'
import type { House } from './modules/cases/index.ts'
import { createHasher, type Directory, type PasswordHasher, refreshAgencies } from './modules/identity/index.ts'
import type { FeeDoor } from './modules/journeys/index.ts'
import { loadPlaces, mapRoutes, openTiles, type Places } from './modules/places/index.ts'
import { type Board, openBoard } from './modules/reports/index.ts'
import { feeDoor as openFeeDoor, loadMoneyRules, type MoneyRules, openProvider, type Treasury } from './modules/payments/index.ts'
import { closingLine, limitsSensitive, type PrivacyParts, type Replayed, replayErasures } from './modules/privacy/index.ts'
import { modulesOf } from './floors.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What tests and commands may put in place of the real means. */
export type Overrides = {
  now?: () => Date
  mailer?: Mailer
  hasher?: PasswordHasher
  keys?: Keys
  mailUrl?: string
  poolSize?: number
  /** How often the certificate's files are looked at, in milliseconds. */
  tlsEveryMs?: number
  logTo?: DestinationStream
  /** How fees are paid before an application is sent. */
  feeDoor?: FeeDoor
}

/** The program, put together on a migrated database. */
export type App = {
  readonly config: Config
  readonly platform: Platform
  readonly database: OpenDb
  readonly catalogue: Catalogue
  readonly house: House
  readonly board: Board
  /** Null in a city without `money.yaml`, which takes no money. */
  readonly treasury: Treasury | null
  readonly hasher: PasswordHasher
  readonly server: FastifyInstance
  readonly routes: readonly DeclaredRoute[]
  readonly modules: readonly Module[]
  /** Erases again what a restored backup brought back; before this process serves or works. */
  eraseAgain(): Promise<Replayed>
  /** Starts the sequencer, subscribers and jobs of this process; `alone` when no other process works on its database. */
  work(options?: { alone: boolean }): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

/** Puts the program together: means, catalogue, modules in floor order, server. */
export async function createApp(config: Config, databaseUrl: string, overrides: Overrides = {}): Promise<App> {
  const log = pino({ level: config.logLevel, redact: { paths: ['req.headers'], remove: true } }, overrides.logTo)
  const file = await loadCity(config.cityDir)
  const { city, put } = withLiveAgencies(file)
  const directory: Directory = { base: file.agencies, put }
  const database = openDb(databaseUrl, { max: overrides.poolSize ?? 16, role: APP_ROLE, onError: lostConnection(log) })
  const platform = await platformOf(config, overrides, { db: database.db, city, log })
  const words = await allMessages()
  await refreshAgencies(platform, directory)
  const catalogue = await catalogueOf(platform, config)
  const mailer = overrides.mailer ?? mailerOf(config, city, overrides.mailUrl)
  const hasher = overrides.hasher ?? createHasher()
  const assets = await createAssets(city)
  const rules = await loadMoneyRules(city.folder)
  const pages = createPages(platform, words, assets, config.demo, rules?.treasury ?? null)
  const house: House = { platform, catalogue, messages: words, wishes: { closingLine, limitsSensitive } }
  const hub = createHub(databaseUrl, log)
  const places = await placesOf(city, log)
  const board = await openBoard({ platform, places, words })
  const treasury = rules && (await treasuryOf(config, house, rules))
  const map = places ? mapRoutes({ places, pages, tiles: config.mapTiles ? await openTiles(config.mapTiles) : null }) : null
  const forget: PrivacyParts['forget'] = async (tx, who) => {
    for (const module of modules) await module.forgets?.(tx, who)
  }
  const modules: readonly Module[] = modulesOf({
    config,
    platform,
    directory,
    house,
    words,
    pages,
    board,
    treasury,
    hub,
    mailer,
    hasher,
    forget,
    feeDoor: overrides.feeDoor ?? (treasury?.provider ? openFeeDoor(treasury) : undefined),
    pool: database.pool,
    policies: here('../policies'),
  })
  const drawing = { words, pages, spokenAt: spokenIn(catalogue) }
  const { server, routes, certificate } = await serverOf(config, platform, drawing, overrides.tlsEveryMs)
  const own = [assets.routes, languageRoute, accountRoute(platform, pages, rules?.treasury ?? null), map]
  for (const add of [...own, ...modules.map((module) => module.routes)]) add?.(server)
  await server.ready()
  return {
    config,
    platform,
    database,
    catalogue,
    house,
    board,
    treasury,
    hasher,
    server,
    routes,
    modules,
    eraseAgain: () => replayErasures({ house, forget }),
    work: (options) => startWork(platform, databaseUrl, modules, options?.alone ?? false),
    async close() {
      certificate.stop()
      await server.close()
      await hub.close()
      mailer.close()
      await database.close()
    },
  }
}

async function platformOf(
  config: Config,
  overrides: Overrides,
  { db, city, log }: Pick<Platform, 'db' | 'city' | 'log'>,
): Promise<Platform> {
  return createPlatform({
    db,
    now: overrides.now ?? systemClock,
    files: filesOf(config),
    keys: overrides.keys ?? (await openKeys(config.keySource)),
    city,
    events: allEvents(),
    log,
    publicOrigin: config.publicOrigin,
  })
}

async function treasuryOf(config: Config, house: House, rules: MoneyRules): Promise<Treasury> {
  const provider = await openProvider(config.pay)
  return { platform: house.platform, house, words: house.messages, rules, provider, schemas: config.iso20022Dir }
}

/** The services that are offered; faulty files are said in the log and left out. */
async function catalogueOf(platform: Platform, config: Config): Promise<Catalogue> {
  const catalogue = await loadCatalogue(platform, config.servicesDir, config.drafts)
  for (const { file, line, code, message } of [...catalogue.refused, ...catalogue.lapsed]) platform.log.error({ file, line, code }, message)
  return catalogue
}

/** What pages are drawn with, and in which languages. */
type Drawing = { readonly words: Messages; readonly pages: Pages; readonly spokenAt: SpokenAt }

/** The server without its routes, and what looks after its certificate when it speaks TLS itself. */
async function serverOf(config: Config, platform: Platform, { words, pages, spokenAt }: Drawing, tlsEveryMs: number | undefined) {
  const tls = config.tls && { files: config.tls, pair: await readTls(config.tls) }
  const way = waySignIn(config.publicOrigin, config.originGiven)
  const { app: server, routes } = createServer({
    ...(tls ? { tls: tls.pair } : {}),
    log: platform.log,
    publicOrigin: config.publicOrigin,
    originGiven: config.originGiven,
    trustProxy: config.trustProxy,
    now: platform.now,
    leadsTo: way,
    keptForm: keptForm(pages, way),
    problemPage: problemPage(words, pages),
    readyKey: readyKey(platform, spokenAt),
    onVisit: visitHook(platform, spokenAt),
  })
  const certificate = tls ? watchTls(server.server, tls.files, tls.pair, platform.log, tlsEveryMs) : { stop: () => undefined }
  return { server, routes, certificate }
}

function lostConnection(log: Logger): (error: Error) => void {
  return (error) => log.warn({ err: { name: error.name } }, 'a database connection was lost')
}

function filesOf(config: Config): FileStore {
  return config.s3 ? s3Files(config.s3) : localFiles(`${config.dataDir}/files`)
}

/** The city's places; null for a city without `geo/`. Faulty files are said in the log and leave the city open, without its search. */
async function placesOf(city: City, log: Logger): Promise<Places | null> {
  if (!existsSync(join(city.folder, 'geo'))) return null
  try {
    return await loadPlaces(city.folder)
  } catch (error) {
    log.error({ folder: city.folder }, `the address register is not used: ${error instanceof Error ? error.message : 'unreadable'}`)
    return null
  }
}

function mailerOf(config: Config, city: City, url: string | undefined): Mailer {
  const server = url ?? config.smtpUrl ?? 'smtp://127.0.0.1:25'
  return smtpMailer(server, config.mailFrom ?? city.mailFrom, new URL(config.publicOrigin).hostname)
}

/** Background work on its own connections: graphile-worker keeps its tables as the owner, not as the application role. */
async function startWork(
  platform: Platform,
  databaseUrl: string,
  modules: readonly Module[],
  alone: boolean,
): Promise<{ stop(): Promise<void> }> {
  const workPool = openDb(databaseUrl, { max: 6, onError: lostConnection(platform.log) })
  const sequencer = startSequencer(platform)
  const subscribers = startSubscribers(
    platform,
    modules.flatMap((module) => module.subscribers ?? []),
  )
  const jobs = await startJobs(
    platform,
    workPool.pool,
    modules.flatMap((module) => module.jobs ?? []),
    alone,
  )
  return {
    async stop() {
      await jobs.stop()
      await subscribers.stop()
      await sequencer.stop()
      await workPool.close()
    },
  }
}
