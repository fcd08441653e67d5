import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { type City, loadCity } from './platform/city.ts'
import { type Keys, loadKeys } from './platform/crypto.ts'
import { APP_ROLE, type OpenDb, openDb } from './platform/db.ts'
import { type FileStore, localFiles } from './platform/files.ts'
import { createServer, type DeclaredRoute } from './platform/http/server.ts'
import { loadMessages, type Messages } from './platform/i18n.ts'
import { startJobs } from './platform/jobs.ts'
import type { EventType } from './platform/journal/event.ts'
import { createHub, type Hub } from './platform/journal/hub.ts'
import { startSequencer } from './platform/journal/sequencer.ts'
import { startSubscribers } from './platform/journal/subscribers.ts'
import { type Mailer, smtpMailer } from './platform/mail.ts'
import type { Migrations } from './platform/migrate.ts'
import type { Module } from './platform/module.ts'
import { createPlatform, type Platform, systemClock } from './platform/platform.ts'
import { s3Files } from './platform/s3files.ts'
import type { Pages } from './ui/index.ts'
import { createAssets } from './web/assets.ts'
import { createPages, problemPage, readyKey, visitHook } from './web/pages.ts'
import { access } from './modules/access/module.ts'
import { type Catalogue, loadCatalogue } from './modules/catalogue/index.ts'
import { catalogueModule } from './modules/catalogue/module.ts'
import type { House } from './modules/cases/index.ts'
import { cases } from './modules/cases/module.ts'
import { demo } from './modules/demo/module.ts'
import { createHasher, type PasswordHasher } from './modules/identity/index.ts'
import { identity } from './modules/identity/module.ts'
import { draftsPanel } from './modules/journeys/index.ts'
import { journeys } from './modules/journeys/module.ts'
import { messages as messagesModule } from './modules/messages/module.ts'
import { operations } from './modules/operations/module.ts'
import { people } from './modules/people/module.ts'
import { loadPlaces, type Places } from './modules/places/index.ts'
import { durationPanel, performance } from './modules/performance/module.ts'
import { peopleEvents } from './modules/people/events.ts'
import { identityEvents } from './modules/identity/events.ts'
import { messageEvents } from './modules/messages/events.ts'
import { caseEvents } from './modules/cases/events.ts'
import { journeyEvents } from './modules/journeys/events.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The modules that have tables, in floor order; the platform's own first. */
const withTables = ['people', 'identity', 'messages', 'catalogue', 'cases', 'journeys', 'performance', 'demo'] as const

/** Every migration of the program, in the order they run. */
export function allMigrations(): Migrations[] {
  return [
    { module: 'journal', folder: here('./platform/journal/migrations') },
    ...withTables.map((name) => ({ module: name, folder: here(`./modules/${name}/migrations`) })),
  ]
}

const withWords = ['catalogue', 'identity', 'cases', 'cases/letters', 'journeys', 'performance', 'demo'] as const

/** The words of every module and the design system. */
export function allMessages(): Promise<Messages> {
  return loadMessages([here('./ui/locales'), ...withWords.map((name) => here(`./modules/${name}/locales`))])
}

/** Every type of event; a type declared twice is a bug. */
export function allEvents(): ReadonlyMap<string, EventType> {
  const all = [...peopleEvents, ...identityEvents, ...messageEvents, ...caseEvents, ...journeyEvents]
  return new Map(all.map((event) => [event.type, event]))
}

/** What tests and commands may put in place of the real means. */
export type Overrides = {
  now?: () => Date
  mailer?: Mailer
  hasher?: PasswordHasher
  keys?: Keys
  mailUrl?: string
  poolSize?: number
  logTo?: DestinationStream
}

/** The program, put together on a migrated database. */
export type App = {
  readonly config: Config
  readonly platform: Platform
  readonly database: OpenDb
  readonly catalogue: Catalogue
  readonly house: House
  readonly hasher: PasswordHasher
  readonly server: FastifyInstance
  readonly routes: readonly DeclaredRoute[]
  readonly modules: readonly Module[]
  /** Starts the sequencer, subscribers and jobs of this process; `alone` when no other process works on its database. */
  work(options?: { alone: boolean }): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

/** Puts the program together: means, catalogue, modules in floor order, server. */
export async function createApp(config: Config, databaseUrl: string, overrides: Overrides = {}): Promise<App> {
  const log = pino({ level: config.logLevel, redact: { paths: ['req.headers'], remove: true } }, overrides.logTo)
  const city = await loadCity(config.cityDir)
  const onError = (error: Error): void => log.warn({ err: { name: error.name } }, 'a database connection was lost')
  const database = openDb(databaseUrl, { max: overrides.poolSize ?? 16, role: APP_ROLE, onError })
  const platform = createPlatform({
    db: database.db,
    now: overrides.now ?? systemClock,
    files: filesOf(config),
    keys: overrides.keys ?? (await loadKeys(config.keyFile)),
    city,
    events: allEvents(),
    log,
    publicOrigin: config.publicOrigin,
  })
  const words = await allMessages()
  const catalogue = await loadCatalogue(platform, config.servicesDir, config.drafts)
  for (const finding of catalogue.refused) log.error({ file: finding.file, line: finding.line, code: finding.code }, finding.message)
  const mailer = overrides.mailer ?? mailerOf(config, city, overrides.mailUrl)
  const hasher = overrides.hasher ?? createHasher()
  const assets = await createAssets(city)
  const pages = createPages(platform, words, assets, config.demo)
  const house: House = { platform, catalogue, messages: words }
  const hub = createHub(databaseUrl, log)
  const places = await placesOf(city, log)
  const modules = modulesOf({ config, platform, house, words, pages, places, hub, mailer, hasher, pool: database.pool })
  const { app: server, routes } = createServer({
    log,
    publicOrigin: config.publicOrigin,
    originGiven: config.originGiven,
    trustProxy: config.trustProxy,
    now: platform.now,
    problemPage: problemPage(words, pages),
    readyKey: readyKey(platform),
    onVisit: visitHook(platform),
  })
  assets.routes(server)
  for (const module of modules) module.routes?.(server)
  await server.ready()
  return {
    config,
    platform,
    database,
    catalogue,
    house,
    hasher,
    server,
    routes,
    modules,
    work: (options) => startWork(platform, databaseUrl, modules, options?.alone ?? false),
    async close() {
      await server.close()
      await hub.close()
      mailer.close()
      await database.close()
    },
  }
}

type Means = {
  readonly config: Config
  readonly platform: Platform
  readonly house: House
  readonly words: Messages
  readonly pages: Pages
  readonly places: Places | null
  readonly hub: Hub
  readonly mailer: Mailer
  readonly hasher: PasswordHasher
  readonly pool: OpenDb['pool']
}

/** Every module, in floor order. */
function modulesOf({ config, platform, house, words, pages, places, hub, mailer, hasher, pool }: Means): Module[] {
  return [
    access,
    people,
    messagesModule(mailer),
    identity({ platform, hasher, messages: words, pages }),
    catalogueModule(platform, house.catalogue, pages, [durationPanel]),
    cases({
      house,
      pages,
      drafts: (actor, view) => draftsPanel(house, actor, view),
      listen: (stream, onMove) => hub.listen(stream, onMove),
    }),
    journeys({ house, pages, places }),
    performance,
    operations(platform, pool, allMigrations),
    ...(config.demo ? [demo(platform, pages)] : []),
  ]
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
  const onError = (error: Error): void => platform.log.warn({ err: { name: error.name } }, 'a database connection was lost')
  const workPool = openDb(databaseUrl, { max: 6, onError })
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
