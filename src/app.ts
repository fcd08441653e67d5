import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { type City, loadCity, withLiveAgencies } from './platform/city.ts'
import type { Keys } from './platform/crypto.ts'
import { APP_ROLE, type OpenDb, openDb } from './platform/db.ts'
import { type FileStore, localFiles } from './platform/files.ts'
import { createServer, type DeclaredRoute } from './platform/http/server.ts'
import { readTls, watchTls } from './platform/http/tls.ts'
import { loadMessages, type Messages } from './platform/i18n.ts'
import { startJobs } from './platform/jobs.ts'
import type { EventType } from './platform/journal/event.ts'
import { createHub, type Hub } from './platform/journal/hub.ts'
import { startSequencer } from './platform/journal/sequencer.ts'
import { startSubscribers } from './platform/journal/subscribers.ts'
import { openKeys } from './platform/keys.ts'
import { type Mailer, smtpMailer } from './platform/mail.ts'
import type { Migrations } from './platform/migrate.ts'
import type { Module } from './platform/module.ts'
import { createPlatform, type Platform, systemClock } from './platform/platform.ts'
import { s3Files } from './platform/s3files.ts'
import type { Pages } from './ui/index.ts'
import { accountRoute } from './web/account.ts'
import { createAssets } from './web/assets.ts'
import { createPages, problemPage, readyKey, visitHook, waySignIn } from './web/pages.ts'
import { access } from './modules/access/module.ts'
import { auditEvents } from './modules/audit/events.ts'
import { audit } from './modules/audit/module.ts'
import { type Catalogue, loadCatalogue } from './modules/catalogue/index.ts'
import { catalogueModule } from './modules/catalogue/module.ts'
import type { House } from './modules/cases/index.ts'
import { cases } from './modules/cases/module.ts'
import { demo } from './modules/demo/module.ts'
import { createHasher, type Directory, hasOwnMeans, type PasswordHasher, refreshAgencies } from './modules/identity/index.ts'
import { identity } from './modules/identity/module.ts'
import { draftsPanel } from './modules/journeys/index.ts'
import { journeys } from './modules/journeys/module.ts'
import { messages as messagesModule } from './modules/messages/module.ts'
import { operationsEvents } from './modules/operations/events.ts'
import { operations } from './modules/operations/module.ts'
import { people } from './modules/people/module.ts'
import { loadPlaces, mapRoutes, openTiles, type Places } from './modules/places/index.ts'
import { durationPanel, performance } from './modules/performance/module.ts'
import { peopleEvents } from './modules/people/events.ts'
import { federationEvents } from './modules/federation/events.ts'
import { openProviders, providerLinks } from './modules/federation/index.ts'
import { federation } from './modules/federation/module.ts'
import { identityEvents } from './modules/identity/events.ts'
import { messageEvents } from './modules/messages/events.ts'
import { caseEvents } from './modules/cases/events.ts'
import { journeyEvents } from './modules/journeys/events.ts'
import { oidcEvents } from './modules/oidc/events.ts'
import { findClient } from './modules/oidc/index.ts'
import { oidc } from './modules/oidc/module.ts'
import { representationEvents } from './modules/representation/events.ts'
import { standInsPanel } from './modules/representation/index.ts'
import { representation } from './modules/representation/module.ts'
import { reportEvents } from './modules/reports/events.ts'
import { type Board, open311Api, openBoard, reportsPanel, trackReport } from './modules/reports/index.ts'
import { reports } from './modules/reports/module.ts'
import { privacyEvents } from './modules/privacy/events.ts'
import {
  caseNotice,
  closingLine,
  collectionNotice,
  limitsSensitive,
  type PrivacyParts,
  type Replayed,
  replayErasures,
  usageApi,
} from './modules/privacy/index.ts'
import { privacy } from './modules/privacy/module.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The modules that have tables, in floor order; the platform's own first. */
const withTables = [
  'people',
  'identity',
  'federation',
  'oidc',
  'messages',
  'catalogue',
  'cases',
  'journeys',
  'representation',
  'reports',
  'privacy',
  'performance',
  'audit',
  'demo',
] as const

/** Every migration of the program, in the order they run. */
export function allMigrations(): Migrations[] {
  return [
    { module: 'journal', folder: here('./platform/journal/migrations') },
    ...withTables.map((name) => ({ module: name, folder: here(`./modules/${name}/migrations`) })),
  ]
}

const withWords = [
  'catalogue',
  'identity',
  'identity/grants',
  'federation',
  'oidc',
  'cases',
  'cases/letters',
  'cases/emergency',
  'journeys',
  'representation',
  'reports',
  'reports/ask',
  'reports/crews',
  'reports/open311',
  'reports/page',
  'reports/peers',
  'reports/public',
  'reports/triage',
  'privacy',
  'performance',
  'audit',
  'demo',
] as const

/** The words of every module and the design system. */
export function allMessages(): Promise<Messages> {
  return loadMessages([here('./ui/locales'), ...withWords.map((name) => here(`./modules/${name}/locales`))])
}

/** Every type of event; a type declared twice is a bug. */
export function allEvents(): ReadonlyMap<string, EventType> {
  const all = [
    ...peopleEvents,
    ...identityEvents,
    ...federationEvents,
    ...oidcEvents,
    ...messageEvents,
    ...caseEvents,
    ...journeyEvents,
    ...representationEvents,
    ...reportEvents,
    ...privacyEvents,
    ...operationsEvents,
    ...auditEvents,
  ]
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
  /** How often the certificate's files are looked at, in milliseconds. */
  tlsEveryMs?: number
  logTo?: DestinationStream
}

/** The program, put together on a migrated database. */
export type App = {
  readonly config: Config
  readonly platform: Platform
  readonly database: OpenDb
  readonly catalogue: Catalogue
  readonly house: House
  readonly board: Board
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
  const platform = createPlatform({
    db: database.db,
    now: overrides.now ?? systemClock,
    files: filesOf(config),
    keys: overrides.keys ?? (await openKeys(config.keySource)),
    city,
    events: allEvents(),
    log,
    publicOrigin: config.publicOrigin,
  })
  const words = await allMessages()
  await refreshAgencies(platform, directory)
  const catalogue = await catalogueOf(platform, config)
  const mailer = overrides.mailer ?? mailerOf(config, city, overrides.mailUrl)
  const hasher = overrides.hasher ?? createHasher()
  const assets = await createAssets(city)
  const pages = createPages(platform, words, assets, config.demo)
  const house: House = { platform, catalogue, messages: words, wishes: { closingLine, limitsSensitive } }
  const hub = createHub(databaseUrl, log)
  const places = await placesOf(city, log)
  const board = await openBoard({ platform, places, words })
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
    hub,
    mailer,
    hasher,
    forget,
    pool: database.pool,
  })
  const { server, routes, certificate } = await serverOf(config, platform, words, pages, overrides.tlsEveryMs)
  for (const add of [assets.routes, accountRoute(platform, pages), map, ...modules.map((module) => module.routes)]) add?.(server)
  await server.ready()
  return {
    config,
    platform,
    database,
    catalogue,
    house,
    board,
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

/** The services that are offered; faulty files are said in the log and left out. */
async function catalogueOf(platform: Platform, config: Config): Promise<Catalogue> {
  const catalogue = await loadCatalogue(platform, config.servicesDir, config.drafts)
  for (const { file, line, code, message } of catalogue.refused) platform.log.error({ file, line, code }, message)
  return catalogue
}

/** The server without its routes, and what looks after its certificate when it speaks TLS itself. */
async function serverOf(config: Config, platform: Platform, words: Messages, pages: Pages, tlsEveryMs: number | undefined) {
  const tls = config.tls && { files: config.tls, pair: await readTls(config.tls) }
  const { app: server, routes } = createServer({
    ...(tls ? { tls: tls.pair } : {}),
    log: platform.log,
    publicOrigin: config.publicOrigin,
    originGiven: config.originGiven,
    trustProxy: config.trustProxy,
    now: platform.now,
    leadsTo: waySignIn(config.publicOrigin, config.originGiven),
    problemPage: problemPage(words, pages),
    readyKey: readyKey(platform),
    onVisit: visitHook(platform),
  })
  const certificate = tls ? watchTls(server.server, tls.files, tls.pair, platform.log, tlsEveryMs) : { stop: () => undefined }
  return { server, routes, certificate }
}

type Means = {
  readonly config: Config
  readonly platform: Platform
  readonly directory: Directory
  readonly house: House
  readonly words: Messages
  readonly pages: Pages
  readonly board: Board
  readonly hub: Hub
  readonly mailer: Mailer
  readonly hasher: PasswordHasher
  readonly forget: PrivacyParts['forget']
  readonly pool: OpenDb['pool']
}

/** Every module, in floor order. */
function modulesOf({ config, platform, directory, house, words, pages, board, hub, mailer, hasher, forget, pool }: Means): Module[] {
  const openid = oidc({ platform, pages })
  return [
    access,
    people,
    messagesModule(mailer),
    identity({
      platform,
      hasher,
      messages: words,
      pages,
      directory,
      providers: async (view, next, level) => providerLinks(view, await openProviders(platform), next, level),
      servicesOf: (agency) =>
        house.catalogue.offers.filter((offer) => offer.definition.agency === agency).map((offer) => offer.definition.title),
    }),
    federation({ platform, pages, insecure: config.demo, otherWays: (accountId) => hasOwnMeans(platform, accountId) }),
    openid,
    catalogueModule(platform, house.catalogue, pages, {
      howLong: [durationPanel],
      data: [async (_, view, id) => collectionNotice(view, house.catalogue.offer(id).definition)],
    }),
    cases({
      house,
      pages,
      drafts: async (actor, view) => [await draftsPanel(house, actor, view), await reportsPanel(board, actor, view)],
      listen: (stream, onMove) => hub.listen(stream, onMove),
      standIns: (actor, view, current) => standInsPanel(house, actor, view, current),
      notices: (view, caseId) => caseNotice(house, view, caseId),
      elsewhere: (reply, reference, code) => trackReport(board, reply, reference, code),
    }),
    journeys({ house, pages, places: board.places, doors: [usageApi, open311Api], notice: collectionNotice }),
    representation({ house, pages }),
    reports({ board, pages, listen: (stream, onMove) => hub.listen(stream, onMove), peerKeys: config.peerKeys }),
    privacy({
      house,
      pages,
      listen: (stream, onMove) => hub.listen(stream, onMove),
      appName: async (id) => (await findClient(platform, id))?.names ?? null,
      verifyBearer: (header) => openid.holderOf(header, 'data_usage'),
      forget,
    }),
    performance,
    audit({ platform, pages, policies: here('../policies') }),
    operations(platform, pool, allMigrations),
    ...(config.demo ? [demo(platform, pages)] : []),
  ]
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
