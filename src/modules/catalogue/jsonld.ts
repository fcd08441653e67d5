import type { City } from '../../platform/city.ts'
import type { ServiceDefinition } from '../servicefile/index.ts'

/** The vocabularies of CPSV-AP 3.2. */
const CONTEXT = {
  cpsv: 'http://purl.org/vocab/cpsv#',
  cv: 'http://data.europa.eu/m8g/',
  dct: 'http://purl.org/dc/terms/',
  dcat: 'http://www.w3.org/ns/dcat#',
  eli: 'http://data.europa.eu/eli/ontology#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  foaf: 'http://xmlns.com/foaf/0.1/',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const

/** A service as CPSV-AP 3.2: a public service, its competent authority, channels, cost, rules and requirements. */
export function cpsvAp(definition: ServiceDefinition, city: City, origin: string): Record<string, unknown> {
  const url = `${origin}/services/${definition.id}`
  const agency = city.agencies.find((each) => each.id === definition.agency)
  const languages = definition.languages
  const say = (words: Readonly<Record<string, string>> | undefined): unknown =>
    words ? Object.entries(words).map(([tag, text]) => ({ '@language': tag, '@value': text })) : undefined
  return {
    '@context': CONTEXT,
    '@id': url,
    '@type': 'cpsv:PublicService',
    'dct:identifier': definition.id,
    'dct:title': say(definition.title),
    'dct:description': say(definition.description ?? definition.summary),
    'dcat:keyword': definition.keywords
      ? Object.entries(definition.keywords).flatMap(([tag, list]) => list.map((text) => ({ '@language': tag, '@value': text })))
      : undefined,
    'dct:language': languages.map((tag) => ({
      '@id': `http://publications.europa.eu/resource/authority/language/${iso639(tag)}`,
      '@type': 'dct:LinguisticSystem',
    })),
    'cv:hasCompetentAuthority': {
      '@id': `${origin}/agencies/${definition.agency}`,
      '@type': 'cv:PublicOrganisation',
      'dct:identifier': definition.agency,
      'dct:title': say(agency?.name),
      'skos:prefLabel': say(agency?.name),
      'dct:spatial': { '@id': `${origin}/#city`, '@type': 'dct:Location' },
    },
    'cv:isGroupedBy': definition.life_events.map((id) => ({
      '@id': `${origin}/life-events/${id}`,
      '@type': ['cv:LifeEvent', 'cv:Event'],
      'dct:identifier': id,
      'dct:title': say(city.lifeEvents.find((event) => event.id === id)?.title),
    })),
    'cv:hasChannel': channels(definition, origin),
    'cv:hasCost': definition.cost
      ? { '@id': `${url}#cost`, '@type': 'cv:Cost', 'dct:identifier': `${definition.id}-cost`, 'dct:description': say(definition.cost) }
      : undefined,
    'cv:hasLegalResource': definition.legal_basis
      ? { '@id': definition.legal_basis.url ?? `${url}#law`, '@type': 'eli:LegalResource', 'dct:title': say(definition.legal_basis.law) }
      : undefined,
    'cv:holdsRequirement': definition.rules.eligibility.map((criterion) => ({
      '@id': `${url}#criterion-${criterion.id}`,
      '@type': 'cv:Requirement',
      'dct:identifier': criterion.id,
      'dct:title': say(criterion.title),
      'dct:description': say(criterion.otherwise),
    })),
    'cpsv:produces': definition.documents.map((document) => ({
      '@id': `${url}#output-${document.id}`,
      '@type': 'cv:Output',
      'dct:identifier': document.id,
      'dct:title': say(document.title),
    })),
    'cv:contactPoint': agency
      ? {
          '@id': `${origin}/agencies/${agency.id}#contact`,
          '@type': 'cv:ContactPoint',
          'cv:email': agency.email,
          'cv:telephone': agency.phone,
        }
      : undefined,
    'foaf:homepage': { '@id': url },
  }
}

/** The ways to use a service, as CPSV-AP channels. */
function channels(definition: ServiceDefinition, origin: string): unknown {
  const url = `${origin}/services/${definition.id}`
  return definition.channels.map((channel) => ({
    '@id': `${url}#channel-${channel}`,
    '@type': 'cv:Channel',
    'dct:identifier': `${definition.id}-${channel}`,
    'dct:type': {
      '@id': `${origin}/vocabulary/channel/${channel}`,
      '@type': 'skos:Concept',
      'skos:prefLabel': { '@language': 'en', '@value': channel },
    },
  }))
}

/** The ISO 639-3 code that the EU's language list uses for a tag. */
function iso639(tag: string): string {
  const known: Readonly<Record<string, string>> = {
    en: 'ENG',
    es: 'SPA',
    ar: 'ARA',
    fr: 'FRA',
    de: 'DEU',
    pt: 'POR',
    it: 'ITA',
    nl: 'NLD',
    sv: 'SWE',
    fi: 'FIN',
    pl: 'POL',
    uk: 'UKR',
  }
  return known[tag.slice(0, 2)] ?? tag.toUpperCase()
}
