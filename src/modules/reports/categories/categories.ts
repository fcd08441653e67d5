import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { inLanguage, type Words } from '../../../kernel/text.ts'
import { compileService, type Question, type Service, serviceFile } from '../../servicefile/index.ts'
import { type Authority, type Crew, type Group, type ReportsFile, reportsFile, type Route, usualPrograms } from './file.ts'
import type { CategoryRow } from './store.ts'

/** A kind of report (an Open311 "service"). */
export type Category = Omit<ReportsFile['categories'][number], 'due_days' | 'questions'> & {
  /** Working days until it has to be done; null when nobody promised any. */
  readonly due_days: number | null
  readonly questions: readonly Question[]
  /** The system that brought it, such as `import:baltimore`; null for those of the city's file. */
  readonly source: string | null
  /** Whether it can be reported now; one that is not stays readable. */
  readonly active: boolean
}

/** What can be reported, and who mends it. The list follows what imports added; everything else is the city's file. */
export type Categories = {
  readonly emergencyNumber: string
  readonly groups: readonly Group[]
  readonly crews: readonly Crew[]
  readonly authorities: readonly Authority[]
  readonly routes: readonly Route[]
  /** Other programs that send reports by Open311: who agrees to their keys, and how much they may send. */
  readonly programs: ReportsFile['programs']
  /** Every category, those of the file first. */
  readonly list: readonly Category[]
  /** The category with this id, or null. */
  byId(id: string): Category | null
  crew(id: string): Crew | null
  authority(id: string): Authority | null
  /** The questions of a category as a service of one page, which `evaluate`, `questionField` and `readForm` take; null for an unknown one. */
  form(id: string): Service | null
  /** Takes the categories that were added beside the file, in place of those taken before. */
  put(rows: readonly CategoryRow[]): void
}

/** What holds for a category that another system brought and said nothing about. */
const ADDED = { keywords: {}, warn_days: 1, check_days: 14, radius: 50, urgent: false, photos: 'checked', keep_years: 2 } as const

/** Reads `reports.yaml` of a city's folder; null when it has none. Throws an error that names the faults. */
export async function readReportsFile(folder: string): Promise<ReportsFile | null> {
  const file = join(folder, 'reports.yaml')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const parsed = reportsFile.safeParse(parse(text, { maxAliasCount: 10 }))
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`)
  const faults = faultsOf(parsed.data)
  if (faults.length > 0) throw new Error(`${file}:\n${faults.join('\n')}`)
  return parsed.data
}

/** What a file says that does not hang together: names of things that are not there, or that are there twice. */
export function faultsOf(file: ReportsFile): string[] {
  const groups = new Set(file.groups.map((each) => each.id))
  const crews = new Map(file.crews.map((each) => [each.id, each.agency]))
  const categories = new Set(file.categories.map((each) => each.id))
  const twice = [file.groups, file.crews, file.authorities, file.categories].flatMap((list) => {
    const ids = list.map((each) => each.id)
    return ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id} is there twice`)
  })
  const ofCategories = file.categories.filter((each) => !groups.has(each.group)).map((each) => `${each.id}: no group ${each.group}`)
  const ofRoutes = file.routes.flatMap((route, at) => {
    const unknown = [
      ...(route.categories ?? []).filter((id) => !categories.has(id)),
      ...(route.groups ?? []).filter((id) => !groups.has(id)),
      ...(route.crew === undefined || crews.get(route.crew) === route.agency ? [] : [`crew ${route.crew} at ${route.agency}`]),
    ]
    return unknown.map((what) => `routes[${at}]: no ${what}`)
  })
  const ofServices = file.authorities.flatMap((authority) =>
    Object.keys(authority.open311?.services ?? {})
      .filter((id) => !categories.has(id))
      .map((id) => `${authority.id}: no category ${id}`),
  )
  return [...twice, ...ofCategories, ...ofRoutes, ...ofServices]
}

/** The categories of a file, with money in the city's `currency`; none without a file. Throws an error naming the category whose questions have faults. */
export function makeCategories(file: ReportsFile | null, currency: string): Categories {
  const known: Array<{ category: Category; form: Service }> = (file?.categories ?? []).map((given) => {
    const form = formOf(given.id, given.name, given.questions, currency)
    const questions = form.definition.form.pages[0]?.questions ?? []
    return { category: { ...given, questions, source: null, active: true }, form }
  })
  const forms = new Map(known.map(({ category, form }) => [category.id, form]))
  const crews = new Map((file?.crews ?? []).map((each) => [each.id, each]))
  const authorities = new Map((file?.authorities ?? []).map((each) => [each.id, each]))
  let list = known.map((each) => each.category)
  let byId = new Map(list.map((each) => [each.id, each]))
  return {
    emergencyNumber: file?.emergency_number ?? '',
    groups: file?.groups ?? [],
    crews: [...crews.values()],
    authorities: [...authorities.values()],
    routes: file?.routes ?? [],
    programs: file?.programs ?? usualPrograms,
    get list() {
      return list
    },
    byId: (id) => byId.get(id) ?? null,
    crew: (id) => crews.get(id) ?? null,
    authority: (id) => authorities.get(id) ?? null,
    form(id) {
      const found = byId.get(id)
      if (!found) return null
      const form = forms.get(id) ?? formOf(id, found.name, [], currency)
      forms.set(id, form)
      return form
    },
    put(rows) {
      const added = rows.filter((row) => !known.some(({ category }) => category.id === row.id)).map(addedCategory)
      list = [...known.map((each) => each.category), ...added]
      byId = new Map(list.map((each) => [each.id, each]))
    },
  }
}

function addedCategory(row: CategoryRow): Category {
  const { id, name, category_group: group, agency, due_days, source, active } = row
  return { ...ADDED, id, group, agency, name: { ...name }, summary: { ...name }, due_days, questions: [], source, active }
}

/** Questions as a service of one page; it is never offered, so that the rest of a service file is as short as it may be. */
function formOf(id: string, name: Words, questions: readonly unknown[], currency: string): Service {
  const parsed = serviceFile.safeParse({
    id: /^[a-z][a-z0-9_]{0,63}$/.test(id) ? id : 'report',
    version: 1,
    status: 'published',
    languages: Object.keys(name),
    prefix: 'RPT',
    agency: 'reports',
    title: name,
    summary: name,
    form: { pages: [{ id: 'details', title: name, questions }] },
  })
  if (!parsed.success) throw new Error(`the questions of ${id}:\n${z.prettifyError(parsed.error)}`)
  const service = compileService(parsed.data, currency)
  if (service.problems.length > 0) throw new Error(`the questions of ${id}:\n${service.problems.map((each) => each.message).join('\n')}`)
  return service
}

/** The name of a category in a reader's language, with the language it is in; its id when it is not known any more. */
export function categoryName(categories: Categories, id: string, language: string): { text: string; lang: string } {
  const found = categories.byId(id)
  return found ? inLanguage(found.name, language) : { text: id, lang: 'en' }
}
