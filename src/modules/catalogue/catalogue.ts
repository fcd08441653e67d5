import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import MiniSearch from 'minisearch'
import { notFound } from '../../kernel/problem.ts'
import { foldText, inLanguage } from '../../kernel/text.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { sha256 } from '../../platform/crypto.ts'
import type { City } from '../../platform/city.ts'
import type { Platform } from '../../platform/platform.ts'
import {
  checkService,
  compileService,
  expressionsOf,
  type Finding,
  lapsedIn,
  parseService,
  readContent,
  type Service,
  type ServiceDefinition,
} from '../servicefile/index.ts'
import * as store from './store.ts'

/** A service as it is offered now. */
export type Offer = {
  readonly service: Service
  readonly definition: ServiceDefinition
  /** What a journey and case keep: `1`, or `1-draft-<hash>` for a draft, whose text may still change. */
  readonly version: string
}

/** The services of a deployment. */
export type Catalogue = {
  /** Those offered, by title order of their ids; drafts only where drafts may be tried. */
  readonly offers: readonly Offer[]
  /** Files that cannot be offered, with why. */
  readonly refused: readonly Finding[]
  /** What services that were found sound before, and are offered, cannot do any more as they say (`lapsedIn`). */
  readonly lapsed: readonly Finding[]
  /** Compiles the rules of all services, one expression at a time, so that nobody waits for it at first use. Never throws. */
  warm(): Promise<void>
  /** The offer of a service; throws 404. */
  offer(id: string): Offer
  /** The service in the version that a case or journey began with; throws 404 when it was never offered. */
  version(platform: Platform, id: string, version: string): Promise<Service>
  /** Services whose words fit, best first; typing mistakes are forgiven. */
  search(text: string, language: string): Offer[]
}

/** `content` is what the file says, when it was read from its YAML just now. */
type Loaded = { text: string; definition: ServiceDefinition; content?: unknown }

/** What is known of files from before, by their hash. */
type Known = {
  /** What the file says; undefined when that is not known. */
  content(hash: string): Promise<unknown>
  /** Whether it was found sound. */
  sound(definition: ServiceDefinition, hash: string): Promise<boolean>
}

/** Reads, checks and keeps the service files of a folder. A file with errors is left out and named in `refused`. */
export async function loadCatalogue(platform: Platform, folder: string, drafts: boolean): Promise<Catalogue> {
  const { loaded, refused } = await readServices(folder, platform.city, {
    content: (hash) => store.contentOf(platform.db, hash),
    sound: async (definition, hash) => (await store.hashOf(platform.db, definition.id, versionOf(definition, hash))) === hash,
  })
  const offers: Offer[] = []
  const lapsed: Finding[] = []
  const offer = (written: ServiceDefinition, version: string): void => {
    const service = compileService(written, platform.city.currency)
    offers.push({ definition: service.definition, service, version })
    for (const line of lapsedIn(service)) lapsed.push(lapsedFinding(join(folder, written.id, 'service.yaml'), line))
  }
  for (const { text, definition, content } of loaded) {
    if (definition.status === 'draft' && !drafts) continue
    const hash = sha256(text)
    if (isJson(content)) await store.keepContent(platform.db, hash, content)
    const version = versionOf(definition, hash)
    const kept = await store.keepVersion(platform.db, {
      service_id: definition.id,
      version,
      hash,
      source: text,
      first_seen_at: platform.now(),
    })
    if (kept !== hash) {
      refused.push({
        file: join(folder, definition.id, 'service.yaml'),
        line: 1,
        column: 1,
        severity: 'error',
        code: 'version-changed',
        message: `Version ${definition.version} of ${definition.id} was offered with other content. Raise "version".`,
      })
      const source = await store.sourceOf(platform.db, definition.id, version)
      const before = source ? parseService(source, definition.id).definition : null
      if (before) offer(before, version)
      continue
    }
    offer(definition, version)
  }
  return makeCatalogue(offers, refused, lapsed)
}

function lapsedFinding(file: string, line: string): Finding {
  return { file, line: 1, column: 1, severity: 'error', code: 'lapsed', message: `Offered, but ${line}.` }
}

/** Whether JSON gives it back as it is; YAML can say more, such as infinity. */
function isJson(content: unknown): boolean {
  return content !== undefined && isDeepStrictEqual(JSON.parse(JSON.stringify(content)), content)
}

/**
 * Reads and checks the service files of a folder. Of a file that is known, its YAML is not read again, and what was found
 * sound is not checked again: that takes longer than all the rest of a start.
 */
export async function readServices(
  folder: string,
  city: City,
  known: Known = { content: async () => undefined, sound: async () => false },
): Promise<{ loaded: Loaded[]; refused: Finding[]; findings: Finding[] }> {
  const rules = cityRules(city)
  const loaded: Loaded[] = []
  const refused: Finding[] = []
  const findings: Finding[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const name of entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()) {
    const file = join(folder, name, 'service.yaml')
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text === null) continue
    const hash = sha256(text)
    const before = readContent(await known.content(hash))
    const { definition, content } = before ? { definition: before } : parseService(text, file)
    const found = definition && (await known.sound(definition, hash)) ? [] : checkService(text, file, rules)
    if (definition && definition.id !== name) {
      found.push({
        file,
        line: 1,
        column: 1,
        severity: 'error',
        code: 'folder-name',
        message: `The folder must be named ${definition.id}.`,
      })
    }
    findings.push(...found)
    const errors = found.filter((finding) => finding.severity === 'error')
    if (definition && errors.length === 0) loaded.push({ text, definition, content })
    else refused.push(...errors)
  }
  return { loaded, refused, findings }
}

function versionOf(definition: ServiceDefinition, hash: string): string {
  return definition.status === 'draft' ? `${definition.version}-draft-${hash.slice(0, 8)}` : String(definition.version)
}

/** Whether a service can be begun on a day: from its first day in force to its last. */
export function inForce({ effective }: Pick<ServiceDefinition, 'effective'>, day: PlainDate): boolean {
  return !effective || (effective.from <= day && (effective.until === undefined || day <= effective.until))
}

/** What a check needs to know of the city. */
export function cityRules(city: City): Parameters<typeof checkService>[2] {
  return {
    languages: city.languages.map((language) => language.tag),
    agencies: city.agencies.map((agency) => agency.id),
    lifeEvents: city.lifeEvents.map((event) => event.id),
    calendar: city.calendar,
    currency: city.currency,
  }
}

function makeCatalogue(offers: readonly Offer[], refused: readonly Finding[], lapsed: readonly Finding[]): Catalogue {
  const byId = new Map(offers.map((offer) => [offer.definition.id, offer]))
  const versions = new Map(offers.map((offer) => [`${offer.definition.id}@${offer.version}`, offer.service]))
  const indexes = new Map<string, MiniSearch>()
  return {
    offers,
    refused,
    lapsed,
    async warm() {
      for (const { service } of offers) {
        for (const expression of expressionsOf(service)) {
          await setImmediate() // between two, whoever came is answered
          expression.warm()
        }
      }
    },
    offer(id) {
      const offer = byId.get(id)
      if (!offer) throw notFound('service')
      return offer
    },
    async version(platform, id, version) {
      const known = versions.get(`${id}@${version}`)
      if (known) return known
      const source = await store.sourceOf(platform.db, id, version)
      const definition = source === null ? null : parseService(source, id).definition
      if (!definition) throw notFound('service')
      const service = compileService(definition, platform.city.currency)
      for (const line of lapsedIn(service)) platform.log.error({ service: id, version, code: 'lapsed' }, `Cases go on, but ${line}.`)
      versions.set(`${id}@${version}`, service)
      return service
    },
    search(text, language) {
      const index = indexes.get(language) ?? buildIndex(offers, language)
      indexes.set(language, index)
      const found = index.search(foldText(text.slice(0, 200)), {
        prefix: true,
        fuzzy: (term) => (term.length > 3 ? 0.25 : false),
        boost: { title: 4, keywords: 3, summary: 2 },
      })
      return found.flatMap((hit) => byId.get(String(hit.id)) ?? [])
    },
  }
}

function buildIndex(offers: readonly Offer[], language: string): MiniSearch {
  const index = new MiniSearch({ fields: ['title', 'keywords', 'summary', 'description'], processTerm: (term) => foldText(term) || null })
  for (const { definition: d } of offers) {
    const say = (words: Readonly<Record<string, string>> | undefined): string => (words ? inLanguage(words, language).text : '')
    index.add({
      id: d.id,
      title: say(d.title),
      keywords: (d.keywords?.[language] ?? d.keywords?.['en'] ?? []).join(' '),
      summary: say(d.summary),
      description: say(d.description),
    })
  }
  return index
}
