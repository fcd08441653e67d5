import type { Config } from './config.ts'
import { allMigrations } from './declared.ts'
import type { OpenDb } from './platform/db.ts'
import type { Messages } from './platform/i18n.ts'
import type { Hub } from './platform/journal/hub.ts'
import type { Mailer } from './platform/mail.ts'
import type { Module } from './platform/module.ts'
import type { Platform } from './platform/platform.ts'
import type { Pages } from './ui/index.ts'
import { access } from './modules/access/module.ts'
import { audit } from './modules/audit/module.ts'
import { catalogueModule } from './modules/catalogue/module.ts'
import type { House } from './modules/cases/index.ts'
import { cases } from './modules/cases/module.ts'
import { demo } from './modules/demo/module.ts'
import { type Directory, hasOwnMeans, type PasswordHasher } from './modules/identity/index.ts'
import { identity } from './modules/identity/module.ts'
import { draftsPanel, dropTokens, type FeeDoor } from './modules/journeys/index.ts'
import { journeys } from './modules/journeys/module.ts'
import { messages as messagesModule } from './modules/messages/module.ts'
import { operations } from './modules/operations/module.ts'
import { people } from './modules/people/module.ts'
import { durationPanel, performance } from './modules/performance/module.ts'
import { openProviders, providerLinks } from './modules/federation/index.ts'
import { federation } from './modules/federation/module.ts'
import { findClient } from './modules/oidc/index.ts'
import { oidc } from './modules/oidc/module.ts'
import { standInsPanel } from './modules/representation/index.ts'
import { representation } from './modules/representation/module.ts'
import { type Board, open311Api, reportsPanel, trackReport } from './modules/reports/index.ts'
import { reports } from './modules/reports/module.ts'
import { ledger } from './modules/ledger/module.ts'
import { attemptFigures, billsPanel, caseMoney, moneyApi, openAboutBooks, payCallout, type Treasury } from './modules/payments/index.ts'
import { payments } from './modules/payments/module.ts'
import { caseNotice, collectionNotice, type PrivacyParts, usageApi } from './modules/privacy/index.ts'
import { privacy } from './modules/privacy/module.ts'

/** What the modules are put together from. */
export type Means = {
  readonly config: Config
  readonly platform: Platform
  readonly directory: Directory
  readonly house: House
  readonly words: Messages
  readonly pages: Pages
  readonly board: Board
  readonly treasury: Treasury | null
  readonly hub: Hub
  readonly mailer: Mailer
  readonly hasher: PasswordHasher
  readonly forget: PrivacyParts['forget']
  readonly feeDoor: FeeDoor | undefined
  readonly pool: OpenDb['pool']
  /** The folder of the access policies. */
  readonly policies: string
}

/** Every module, in floor order. */
export function modulesOf(means: Means): Module[] {
  const openid = oidc(means)
  return [...foundations(means, openid), ...capabilities(means), ...readers(means, openid)]
}

type OpenId = ReturnType<typeof oidc>

function foundations({ config, platform, directory, house, words, pages, mailer, hasher }: Means, openid: OpenId): Module[] {
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
      leaving: (actor, reply) => dropTokens(platform, actor, reply),
      providers: async (view, next, level) => providerLinks(view, await openProviders(platform), next, level),
      servicesOf: (agency) =>
        house.catalogue.offers.filter((offer) => offer.definition.agency === agency).map((offer) => offer.definition.title),
    }),
    federation({ platform, pages, insecure: config.demo, otherWays: (accountId) => hasOwnMeans(platform, accountId) }),
    openid,
  ]
}

function capabilities({ config, platform, house, pages, board, treasury, hub, feeDoor }: Means): Module[] {
  return [
    catalogueModule(platform, house.catalogue, pages, {
      front: treasury ? [payCallout] : [],
      howLong: [durationPanel],
      data: [async (_, view, id) => collectionNotice(view, house.catalogue.offer(id).definition)],
    }),
    cases({
      house,
      pages,
      drafts: async (actor, view) => [
        await draftsPanel(house, actor, view),
        treasury && (await billsPanel(treasury, actor, view)),
        await reportsPanel(board, actor, view),
      ],
      listen: (stream, onMove) => hub.listen(stream, onMove),
      standIns: (actor, view, current) => standInsPanel(house, actor, view, current),
      notices: (view, caseId) => caseNotice(house, view, caseId),
      elsewhere: (reply, reference, code) => trackReport(board, reply, reference, code),
      ...(treasury && { money: caseMoney(treasury) }),
    }),
    journeys({
      house,
      pages,
      places: board.places,
      doors: [usageApi, open311Api, ...(treasury ? [moneyApi] : [])],
      notice: collectionNotice,
      ...(feeDoor && { fee: feeDoor }),
      ...(treasury && { money: caseMoney(treasury) }),
    }),
    representation({ house, pages }),
    reports({ board, pages, listen: (stream, onMove) => hub.listen(stream, onMove), peerKeys: config.peerKeys }),
    ledger({ platform, pages, treasury: treasury?.rules.treasury ?? null, openItems: (until) => openAboutBooks(platform, until) }),
    payments({ treasury, pages, demo: config.demo }),
  ]
}

function readers({ config, platform, house, pages, treasury, hub, forget, pool, policies }: Means, openid: OpenId): Module[] {
  return [
    privacy({
      house,
      pages,
      listen: (stream, onMove) => hub.listen(stream, onMove),
      appName: async (id) => (await findClient(platform, id))?.names ?? null,
      verifyBearer: (header) => openid.holderOf(header, 'data_usage'),
      forget,
    }),
    performance,
    audit({ platform, pages, policies }),
    operations(platform, pool, allMigrations, treasury ? attemptFigures(platform) : []),
    ...(config.demo ? [demo(platform, pages)] : []),
  ]
}
