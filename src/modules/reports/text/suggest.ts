import MiniSearch from 'minisearch'
import { foldText, inLanguage } from '../../../kernel/text.ts'
import type { Category } from '../categories/categories.ts'

/** What of a category is searched. */
export type Suggestible = Pick<Category, 'id' | 'name' | 'summary' | 'keywords' | 'active'>

type Entry = { id: string; name: string; keywords: string; summary: string; english: string }

/** One index for each list of categories and language; a list that is no longer used takes its indexes with it. */
const indexes = new WeakMap<readonly Suggestible[], Map<string, MiniSearch<Entry>>>()

/** Words of which every sentence is made, folded. */
const STOP = new Set(
  `a an and are as at be been but by can for from had has have here hi i if in is it its me my no not of on or our please since so some that the their them then there they this to
  us very was we were what when where which who why will with you your
  un una unos unas el la los las lo de del y o en es hay al por para con sin se su mi me que muy desde hola favor esta este esto ha han no nos si como cuando donde
  في من على علي عن مع هذا هذه هو هي ان او و قد لا ما تم كان كانت الى الي يوجد توجد هناك عند منذ بعد قبل جدا يا`.split(/\s+/),
)

/**
 * The ids of the categories that fit what somebody types, best first and at most `limit`: by names, keywords and summaries
 * in the language, then in English; typing mistakes, accents and Arabic spellings are forgiven. Empty when nothing fits.
 */
export function suggestCategories(categories: readonly Suggestible[], typed: string, locale: string, limit = 5): readonly string[] {
  const wanted = foldText(typed.slice(0, 400))
  if (wanted === '' || limit < 1) return []
  const found = indexOf(categories, locale).search(wanted, {
    prefix: (term) => term.length > 3,
    fuzzy: (term) => (term.length > 6 ? 2 : term.length > 4 ? 1 : false),
    boost: { name: 4, keywords: 4, summary: 1, english: 1 },
    weights: { prefix: 0.6, fuzzy: 0.4 },
  })
  const best = found[0]?.score ?? 0
  return found
    .filter(({ score }) => score >= best / 6)
    .slice(0, limit)
    .map(({ id }) => String(id))
}

function indexOf(categories: readonly Suggestible[], locale: string): MiniSearch<Entry> {
  const known = indexes.get(categories) ?? new Map<string, MiniSearch<Entry>>()
  indexes.set(categories, known)
  const index = known.get(locale) ?? buildIndex(categories, locale)
  known.set(locale, index)
  return index
}

function buildIndex(categories: readonly Suggestible[], locale: string): MiniSearch<Entry> {
  const index = new MiniSearch<Entry>({ fields: ['name', 'keywords', 'summary', 'english'], processTerm: termOf })
  const wordsOf = (category: Suggestible, language: string): string => (category.keywords[language] ?? []).join(' ')
  for (const category of categories.filter((each) => each.active)) {
    index.add({
      id: category.id,
      name: inLanguage(category.name, locale).text,
      keywords: wordsOf(category, locale),
      summary: inLanguage(category.summary, locale).text,
      english: locale === 'en' ? '' : [category.name['en'] ?? '', wordsOf(category, 'en')].join(' '),
    })
  }
  return index
}

/** A word as it is compared; Arabic ones without the article and what is written together with it. */
function termOf(term: string): string | null {
  const folded = foldText(term)
  if (folded.length < 2 || STOP.has(folded)) return null
  return folded.replace(/^(?:[وفبك]?ال|لل)(?=[\u0621-\u064A]{3})/, '')
}
