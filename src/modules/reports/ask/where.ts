import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { faultCode } from '../../../platform/http/parts.ts'
import { type RouteModule, textOf } from '../../../platform/http/routes.ts'
import { positionOf } from '../../../platform/photoplace.ts'
import { plainWords } from '../../../ui/index.ts'
import type { FormBody } from '../../fields/index.ts'
import { type Look, parsePosition, type Places, type Point, type PositionRead, readChooser } from '../../places/index.ts'
import { addPhoto, type Draft, draftLimits, keepFacts, keepWords } from './draft.ts'
import { pacePhoto } from './pace.ts'
import { type Found, outsidePage, type PlaceFault, wherePage, type WhereParts } from './views/where.ts'
import { FORM } from './views/frame.ts'
import { type AskParts, draftFor, draftOf, goOn, type Posted, readPost, switchLanguage } from './writer.ts'

const open = { config: { access: 'public' } } as const

/** The first page: where it is. Nothing is kept before a place is chosen or a photo sent. */
export function whereRoutes(parts: AskParts): RouteModule {
  return (app) => {
    app.get('/reports/new', open, async (request, reply) => {
      const draft = await draftOf(parts, request)
      const linked = linkedPoint(parts.board.places, request.query)
      return show(parts, request, reply, draft, { point: linked ?? pointOf(draft), category: textOf(request.query, 'category') })
    })
    app.post('/reports/new', { config: { access: 'public', upload: true } }, async (request, reply) => {
      const post = await readPost(request)
      const fault = faultCode(post.fault, ['photos'])
      if (fault !== null) return photoFailed(parts, request, reply, post, fault)
      const { places } = parts.board
      const search = places === null ? null : await searched(parts, places, request, reply, post)
      if (search) return search
      if (textOf(post.body, '_district') !== null) return byDistrict(parts, request, reply, post.body)
      return byPoint(parts, request, reply, post.body)
    })
  }
}

type Shown = Partial<Pick<WhereParts, 'point' | 'look' | 'found' | 'fault' | 'district' | 'words' | 'photoFault' | 'category'>>

function show({ board, pages }: AskParts, request: FastifyRequest, reply: FastifyReply, draft: Draft | null, shown: Shown): FastifyReply {
  const view = pages.view(request)
  const errors = (shown.fault ? 1 : 0) + (shown.photoFault ? 1 : 0)
  const main = wherePage(view, {
    places: board.places,
    point: null,
    look: null,
    found: null,
    fault: null,
    district: draft?.approximate ? (draft.district ?? '') : '',
    words: draft?.words.where ?? '',
    offered: draft?.lat === null ? draft.words.offered : null,
    photoFault: null,
    photos: draft?.words.photos.length ?? 0,
    ...shown,
    category: shown.category && board.categories.byId(shown.category)?.active ? shown.category : null,
  })
  return pages.send(request, reply, { title: view.t('reports.ask.where.title'), main, formId: FORM, errors }, errors > 0 ? 422 : 200)
}

/** What was posted on the page, to be shown again. */
function typedOn(places: Places | null, body: FormBody): Shown {
  const chosen = places === null ? null : readChooser(places, body, 'place')
  return {
    ...(chosen ? { point: chosen.point, look: chosen.look } : {}),
    district: textOf(body, 'district') ?? '',
    words: wordsIn(body),
    category: textOf(body, 'category'),
  }
}

/** Everything that shows the page again with more on it: a move of the map, a search, something found, a photo. */
async function searched(
  parts: AskParts,
  places: Places,
  request: FastifyRequest,
  reply: FastifyReply,
  { body, files }: Posted,
): Promise<FastifyReply | null> {
  const chosen = readChooser(places, body, 'place')
  if (textOf(body, '_lang') !== null) {
    const { point } = chosen
    if (point && places.districtAt(point.lat, point.long)) await keepPoint(parts, await draftFor(parts, request, reply), body, point)
    return switchLanguage(parts, reply, body, '/reports/new')
  }
  const photo = files.find((file) => file.field === 'photos')
  if (photo) return takePhoto(parts, request, reply, body, photo)
  const draft = await draftOf(parts, request)
  const offered = draft?.words.offered
  if (textOf(body, '_use_photo') !== null && draft && offered) return goOn(parts, reply, await keepPoint(parts, draft, body, offered))
  if (chosen.moved) return show(parts, request, reply, draft, typedOn(places, body))
  const picked = pickedPoint(places, textOf(body, '_pick'))
  if (picked) return show(parts, request, reply, draft, { ...typedOn(places, body), point: picked, look: { ...picked, zoom: 17 } })
  const typed = cleanText(textOf(body, 'find') ?? '').slice(0, 120)
  // Enter in the field searches too, unless it was searched for already
  const asks = textOf(body, '_find') !== null || (typed !== '' && typed !== textOf(body, 'found_for') && textOf(body, '_district') === null)
  if (!asks) return null
  return findIt(parts, places, request, reply, draft, body, typed)
}

/** Searches; numbers that are a place are one. */
function findIt(
  parts: AskParts,
  places: Places,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: Draft | null,
  body: FormBody,
  typed: string,
): FastifyReply {
  const numbers = /^\s*([^\s,;]+)\s*[,;\s]\s*([^\s,;]+)\s*$/.exec(typed)
  const read = numbers && /\d/.test(numbers[1] ?? '') ? parsePosition(places, numbers[1] ?? '', numbers[2] ?? '') : null
  const again = typedOn(places, body)
  if (read && read.kind !== 'not-a-number')
    return judged(parts, request, reply, draft, again, read) ?? show(parts, request, reply, draft, { ...again, ...near(read) })
  // whoever types no number looks for the street or the park itself
  const numbered = /\p{Nd}/u.test(typed)
  const found: Found = {
    typed,
    addresses: places.searchAddresses(typed).slice(0, numbered ? 6 : 3),
    names: places.searchNames(typed).slice(0, numbered ? 2 : 4),
  }
  return show(parts, request, reply, draft, { ...again, found })
}

function near(read: PositionRead): { point?: Point; look?: Look } {
  if (read.kind !== 'inside') return {}
  const point = { lat: read.lat, long: read.long }
  return { point, look: { ...point, zoom: 17 } }
}

async function takePhoto(
  parts: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  body: FormBody,
  file: Posted['files'][number],
): Promise<FastifyReply> {
  const { platform, places } = parts.board
  await pacePhoto(platform, request.ip)
  const draft = await draftFor(parts, request, reply)
  try {
    const with_ = await addPhoto(platform, draft, file)
    const at = await positionOf(file.bytes)
    const offered = at && places?.districtAt(at.lat, at.long) ? { lat: at.lat, long: at.long } : null
    const kept = await keepWords(platform, with_, { offered })
    const said = offered === null ? pagesWord(parts, request, 'reports.ask.where.photo_nowhere') : null
    return show(parts, request, reply, { ...kept, lat: null }, { ...typedOn(places, body), photoFault: said })
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('upload.'))
      return show(parts, request, reply, draft, {
        ...typedOn(places, body),
        photoFault: pagesWord(parts, request, `problem.${error.code}`),
      })
    throw error
  }
}

function pagesWord({ pages }: AskParts, request: FastifyRequest, key: string): string {
  return pages.view(request).t(key)
}

async function photoFailed(
  parts: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  post: Posted,
  fault: string,
): Promise<FastifyReply> {
  const draft = await draftOf(parts, request)
  const photoFault = pagesWord(parts, request, `problem.${fault}`)
  return show(parts, request, reply, draft, { ...typedOn(parts.board.places, post.body), photoFault })
}

/** A point that was chosen, tapped, measured or came with a link. */
async function byPoint(parts: AskParts, request: FastifyRequest, reply: FastifyReply, body: FormBody): Promise<FastifyReply> {
  const { places } = parts.board
  const draft = await draftOf(parts, request)
  const again = typedOn(places, body)
  const street = places === null ? null : readChooser(places, body, 'place').point
  const marked = textOf(body, 'place-street') !== null && street !== null
  const [lat, long] = marked
    ? [String(street.lat), String(street.long)]
    : [textOf(body, 'place-lat') ?? '', textOf(body, 'place-long') ?? '']
  const read: PositionRead = places === null ? withoutMap(lat, long) : parsePosition(places, lat, long)
  const wrong = judged(parts, request, reply, draft, again, read)
  if (wrong) return wrong
  if (read.kind !== 'inside') return show(parts, request, reply, draft, { ...again, fault: 'missing' })
  return goOn(parts, reply, await keepPoint(parts, draft ?? (await draftFor(parts, request, reply)), body, read))
}

/** The page that says what is wrong with a position; null when nothing is. */
function judged(
  parts: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: Draft | null,
  again: Shown,
  read: PositionRead,
): FastifyReply | null {
  if (read.kind === 'inside') return null
  if (read.kind === 'outside') return outside(parts, request, reply, read.metres)
  if (read.kind === 'swapped') {
    const point = { lat: read.lat, long: read.long }
    return show(parts, request, reply, draft, { ...again, point, look: { ...point, zoom: 17 }, fault: 'swapped' })
  }
  const faults: Readonly<Record<string, PlaceFault>> = { zero: 'zero', missing: 'missing' }
  return show(parts, request, reply, draft, { ...again, point: null, fault: faults[read.kind] ?? 'unreadable' })
}

function outside({ board, pages }: AskParts, request: FastifyRequest, reply: FastifyReply, metres: number): FastifyReply {
  const view = pages.view(request)
  const main = outsidePage(view, { metres, authorities: board.categories.authorities, city: plainWords(view, board.platform.city.name) })
  return pages.send(request, reply, { title: view.t('reports.ask.outside.title'), main, back: { href: '/reports/new' } }, 422)
}

/** Without a map any place on earth is taken, and none that is nowhere. */
function withoutMap(latText: string, longText: string): PositionRead {
  const [lat, long] = [Number(latText || Number.NaN), Number(longText || Number.NaN)]
  if (latText === '' && longText === '') return { kind: 'missing' }
  if (!(Math.abs(lat) <= 90)) return { kind: 'not-a-number', field: 'lat' }
  if (!(Math.abs(long) <= 180)) return { kind: 'not-a-number', field: 'long' }
  return lat === 0 && long === 0 ? { kind: 'zero' } : { kind: 'inside', lat, long, district: { id: '', name: {}, rings: [] } }
}

/** A district and words: the middle of the district stands for a point that nobody knows. */
async function byDistrict(parts: AskParts, request: FastifyRequest, reply: FastifyReply, body: FormBody): Promise<FastifyReply> {
  const { places, platform } = parts.board
  const district = places?.districts.find((each) => each.id === textOf(body, 'district'))
  const words = wordsIn(body)
  if (!places || !district || words === '')
    return show(parts, request, reply, await draftOf(parts, request), { ...typedOn(places, body), fault: 'district' })
  const point = places.searchNames(plainName(district.name)).find((each) => each.kind === 'district' && each.id === district.id)
  if (!point) return show(parts, request, reply, await draftOf(parts, request), { ...typedOn(places, body), fault: 'district' })
  const draft = await keepWords(platform, await draftFor(parts, request, reply), { where: words })
  const kept = await keepFacts(platform, draft, {
    lat: point.lat,
    long: point.long,
    approximate: true,
    district: district.id,
    ...categoryIn(parts, body),
  })
  return goOn(parts, reply, kept)
}

function plainName(name: Readonly<Record<string, string>>): string {
  return Object.values(name)[0] ?? ''
}

async function keepPoint(parts: AskParts, draft: Draft, body: FormBody, { lat, long }: Point): Promise<Draft> {
  const district = parts.board.places?.districtAt(lat, long)?.id ?? null
  const sixth = (degree: number): number => Math.round(degree * 1e6) / 1e6
  const kept = await keepFacts(parts.board.platform, draft, {
    lat: sixth(lat),
    long: sixth(long),
    approximate: false,
    district,
    ...categoryIn(parts, body),
  })
  return kept.words.where === '' ? kept : keepWords(parts.board.platform, kept, { where: '' })
}

/** The category that came with a link, unless one was chosen since. */
function categoryIn({ board }: AskParts, body: FormBody): { category?: string } {
  const found = board.categories.byId(textOf(body, 'category') ?? '')
  return found?.active ? { category: found.id } : {}
}

function wordsIn(body: FormBody): string {
  return cleanText(textOf(body, 'words') ?? '')
    .replaceAll('\n', ' ')
    .slice(0, draftLimits.where)
}

function pointOf(draft: Draft | null): Point | null {
  return draft === null || draft.lat === null || draft.long === null || draft.approximate ? null : { lat: draft.lat, long: draft.long }
}

/** The point of a link such as the one of a map: only a place in the city. */
function linkedPoint(places: Places | null, query: unknown): Point | null {
  if (places === null) return null
  const read = parsePosition(places, textOf(query, 'lat') ?? '', textOf(query, 'long') ?? '')
  return read.kind === 'inside' ? { lat: read.lat, long: read.long } : null
}

function pickedPoint(places: Places, value: string | null): Point | null {
  const [kind = '', id = ''] = (value ?? '').split(/:(.*)/s)
  if (kind === 'address') return places.addressById(id)
  const street = kind === 'street' ? places.streets.find((each) => each.id === id) : undefined
  const name = street
    ? street.name
    : kind === 'district'
      ? plainName(places.districts.find((each) => each.id === id)?.name ?? {})
      : plainName(places.nature.find((each) => each.id === id)?.name ?? {})
  const found = name === '' ? undefined : places.searchNames(name).find((each) => each.kind === kind && each.id === id)
  return found ? { lat: found.lat, long: found.long } : null
}
