import { foldText } from '../../../kernel/text.ts'
import { connectives, givenNames, notNames, placeWords, streetBefore, streetEnd } from './namewords.ts'
import type { Span } from './span.ts'

type Token = Span & {
  readonly text: string
  readonly fold: string
  /** Begins with a capital, or is of a script without. */
  readonly proper: boolean
  readonly arabic: boolean
  /** What stands between it and the token before. */
  readonly gap: string
}

/** How sure it is that a name follows: after a title or "my name is", or after a word that may have none behind it. */
type Cue = { readonly words: readonly string[]; readonly sure: boolean }

const cue = (sure: boolean, phrases: readonly string[]): Cue[] => phrases.map((phrase) => ({ words: phrase.split(' '), sure }))

/** Folded words after which a name stands. */
const cues: readonly Cue[] = [
  ...cue(false, [
    'mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'prof', 'professor', 'herr', 'herrn', 'frau', 'fraulein', 'hr', 'fr', 'sr', 'sra', 'srta', 'senor', 'senora', 'senorita',
    'don', 'dona', 'monsieur', 'madame', 'mme', 'mlle', 'signor', 'signora', 'sig', 'السيد', 'السيده', 'الانسه', 'الاستاذ', 'الاستاذه', 'الدكتور', 'الدكتوره', 'المهندس', 'الحاج', 'الشيخ',
    'neighbour', 'neighbor', 'nachbar', 'nachbarn', 'nachbarin', 'vecino', 'vecina', 'landlord', 'landlady', 'vermieter', 'vermieterin', 'hausmeister', 'casero', 'casera', 'جاري', 'جارتي', 'جارنا', 'جارتنا',
    'husband', 'wife', 'son', 'daughter', 'brother', 'sister', 'owner', 'tenant', 'driver', 'mann', 'sohn', 'tochter', 'besitzer', 'fahrer', 'mieter', 'marido', 'mujer', 'esposa', 'hijo', 'hija', 'dueno', 'زوجي', 'زوجتي', 'ابني', 'ابنتي',
    'regards', 'sincerely', 'yours', 'cheers', 'signed', 'gruße', 'grusse', 'grußen', 'grussen', 'gruß', 'gruss', 'saludos', 'saludo', 'atentamente', 'cordialmente', 'تحياتي', 'التوقيع', 'مقدم البلاغ', 'المرسل',
    'i am', 'i m', 'ich bin', 'named', 'called', 'namens', 'llamado', 'llamada', 'اسمه', 'اسمها', 'يدعى', 'المدعو', 'المدعوه', 'contact', 'ask for', 'kontakt', 'contacto',
  ]),
  ...cue(true, ['my name is', 'name is', 'mein name ist', 'name ist', 'ich heiße', 'ich heisse', 'me llamo', 'mi nombre es', 'se llama', 'su nombre es', 'heißt', 'اسمي', 'انا اسمي', 'name', 'nombre', 'الاسم']),
] // prettier-ignore

/** The cues by their first word, longest first. */
const byFirst: ReadonlyMap<string, readonly Cue[]> = Map.groupBy(
  cues.toSorted((a, b) => b.words.length - a.words.length),
  (each) => each.words[0] ?? '',
)

/** Personal names: those known, those behind a title or such a phrase, and a usual given name with a family name. */
export function findNames(text: string, known: readonly string[]): Span[] {
  const tokens = tokensOf(text)
  const mine = new Set(known.flatMap((name) => foldText(name).split(' ')).filter((word) => [...word].length >= 2 && !connectives.has(word)))
  const spans: Span[] = []
  for (let i = 0; i < tokens.length; i += 1) {
    const end = ownName(tokens, i, mine) ?? fullName(tokens, i)
    const from = end === null ? cuedStart(tokens, i) : i
    const to = end ?? (from === null ? null : cuedEnd(tokens, i, from))
    const [first, last] = [tokens[from ?? -1], tokens[to ?? -1]]
    if (from === null || to === null || !first || !last) continue
    spans.push({ from: first.from, to: last.to })
    i = to
  }
  return spans
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let end = 0
  for (const match of text.matchAll(/[\p{L}\p{M}][\p{L}\p{M}'’]{0,63}(?:-[\p{L}\p{M}'’]{1,63}){0,4}/gu)) {
    const word = match[0].replace(/['’](?:s|S)?$/, '')
    const fold = /^[\w-]*$/.test(word) ? word.toLowerCase().replaceAll('-', ' ') : foldText(word)
    const arabic = /^[\u0600-\u06FF]/.test(word)
    const to = match.index + word.length
    tokens.push({
      text: word,
      fold,
      from: match.index,
      to,
      arabic,
      proper: arabic || /^\p{Lu}/u.test(word),
      gap: text.slice(end, match.index),
    })
    end = to
  }
  return tokens
}

/** Whether a token follows the one before directly: a space, a full stop of a title, or a line's end where that is allowed. */
function follows(token: Token | undefined, loose = false): boolean {
  if (!token) return false
  return loose ? /^[\s.,:;!()–-]{0,6}$/.test(token.gap) : /^(?:\.? {1,2}|\. ?)$/.test(token.gap) && token.gap.length <= 3
}

function isPlace(token: Token | undefined): boolean {
  return token !== undefined && (placeWords.has(token.fold) || streetEnd.test(token.fold))
}

/** Whether the words around make it the name of a street or building: "Calle Juan Pérez", "John Smith Park", "Peter-Franzen-Str.". */
function namesPlace(tokens: readonly Token[], from: number, to: number): boolean {
  for (let i = from; i <= to; i += 1) if (isPlace(tokens[i])) return true
  for (let i = to + 1; i <= to + 3; i += 1) {
    const next = tokens[i]
    if (!next || !/^[ .]{1,2}$/.test(next.gap)) break
    if (isPlace(next)) return true
    if (!next.proper || next.arabic) break
  }
  for (let i = from - 1; i >= from - 3; i -= 1) {
    const before = tokens[i]
    if (!before || !/^[ .]{1,2}$/.test(tokens[i + 1]?.gap ?? '')) break
    if (streetBefore.has(before.fold)) return true
    if (!before.proper && !connectives.has(before.fold)) break
  }
  return false
}

/** The last token of a known name that begins here. */
function ownName(tokens: readonly Token[], at: number, mine: ReadonlySet<string>): number | null {
  if (mine.size === 0) return null
  const isMine = (token: Token | undefined): boolean => token !== undefined && (mine.has(token.fold) || mine.has(bare(token)))
  if (!isMine(tokens[at])) return null
  let last = at
  while (follows(tokens[last + 1]) && isMine(tokens[last + 1])) last += 1
  // one word in lower case may be just a word: "the rose bush"
  if (last === at && !tokens[at]?.proper) return null
  return namesPlace(tokens, at, last) ? null : last
}

/** An Arabic word without the letters that are written together with it: and, to, with. */
function bare(token: Token): string {
  return token.arabic && token.fold.length > 4 ? token.fold.replace(/^[ولب]/, '') : token.fold
}

function canBeName(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    token.proper &&
    token.text.length >= 2 &&
    !notNames.has(token.fold) &&
    !isPlace(token) &&
    !/^\p{Lu}{2,3}$/u.test(token.text)
  )
}

/** The last token of a usual given name with a family name behind it. */
function fullName(tokens: readonly Token[], at: number): number | null {
  const given = tokens[at]
  if (!given || !given.proper || !givenNames.has(given.fold)) return null
  const last = familyEnd(tokens, at)
  if (last === at) return null
  const next = tokens[at + 1]
  if (given.arabic && next && !givenNames.has(next.fold) && !/^ال.{2,}ي$/.test(next.fold) && !next.fold.startsWith('عبد')) return null
  return namesPlace(tokens, at, last) ? null : last
}

/** The last token of the name whose first word is at a place: further words that can be names, with "van", "de", "bin" between. */
function familyEnd(tokens: readonly Token[], at: number): number {
  let last = at
  for (let i = at + 1, words = 1; i <= at + 5 && words < 3; i += 1) {
    const token = tokens[i]
    if (!token || !/^(?: {1,2}|\. ?)$/.test(token.gap)) break
    if (token.gap.startsWith('.') && (tokens[i - 1]?.text.length ?? 2) > 1) break
    if (connectives.has(token.fold) && tokens[i + 1]?.proper) continue
    const initial = /^\p{Lu}$/u.test(token.text)
    if (!initial && !canBeName(token)) break
    if (token.arabic && words >= 2) break
    words += 1
    last = i
  }
  return last
}

/** Where the name behind a cue at this token would begin; null when there is no cue here. */
function cuedStart(tokens: readonly Token[], at: number): number | null {
  const found = cueAt(tokens, at)
  return found === null ? null : at + found.words.length
}

function cueAt(tokens: readonly Token[], at: number): Cue | null {
  const token = tokens[at]
  if (!token) return null
  const candidates = byFirst.get(token.fold) ?? []
  return candidates.find((each) => each.words.every((word, i) => tokens[at + i]?.fold === word)) ?? null
}

const CLOSING = new Set(
  'regards sincerely yours cheers signed gruße grusse grußen grussen gruß gruss saludos saludo atentamente cordialmente تحياتي التوقيع name nombre الاسم contact kontakt contacto'.split(
    ' ',
  ),
)
const PAIRED = new Set([
  'i am',
  'i m',
  'ich bin',
  'called',
  'named',
  'owner',
  'driver',
  'tenant',
  'mann',
  'son',
  'besitzer',
  'fahrer',
  'mieter',
  'mujer',
  'yours',
])
const RELATED = new Set('جاري جارتي جارنا جارتنا زوجي زوجتي ابني ابنتي'.split(' '))

/** The last token of the name behind a cue; null when what follows is no name. */
function cuedEnd(tokens: readonly Token[], at: number, from: number): number | null {
  const found = cueAt(tokens, at)
  const first = tokens[from]
  if (!found || !first) return null
  const phrase = found.words.join(' ')
  if (!follows(first, found.sure || CLOSING.has(phrase)) || (phrase === 'dr' && isDrive(tokens, at))) return null
  if (phrase === 'name' && !/[:=]/.test(first.gap)) return null
  if (found.sure && !first.proper)
    return notNames.has(first.fold) || connectives.has(first.fold) || first.text.length < 2 ? null : lowerEnd(tokens, from)
  const leads = /^\p{Lu}$/u.test(first.text) || (connectives.has(first.fold) && phrase !== first.fold)
  const initial = leads && [tokens[from + 1], tokens[from + 2]].some((token) => canBeName(token))
  if (!initial && !canBeName(first) && !(first.proper && givenNames.has(first.fold))) return null
  const last = familyEnd(tokens, from)
  if ((PAIRED.has(phrase) || RELATED.has(phrase)) && last === from && !givenNames.has(first.fold)) return null
  if (RELATED.has(phrase) && !givenNames.has(first.fold)) return null
  return namesPlace(tokens, from, last) ? null : last
}

/** "my name is john smith": two words at most. */
function lowerEnd(tokens: readonly Token[], from: number): number {
  const next = tokens[from + 1]
  if (!next || next.gap !== ' ' || next.text.length < 3 || notNames.has(next.fold) || connectives.has(next.fold)) return from
  return from + 1
}

/** Whether "Dr" stands for Drive: behind a name or a number, as in addresses. */
function isDrive(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]
  return before !== undefined && before.proper && /^ {1,2}$/.test(tokens[at]?.gap ?? '') && !notNames.has(before.fold)
}
