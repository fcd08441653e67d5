import type { Words } from '../../../kernel/text.ts'
import type { QuestionKind } from '../schema.ts'
import { equals } from './compare.ts'
import { type DefraContext, type DefraPlace, itemsOfList, itemValue, listOf, nameQuestion, firstSaid, optionsOf, pathOfList, said } from './defra-context.ts' // prettier-ignore
import { componentKinds, type Details } from './defra-kinds.ts'
import { cleanMarkdownWords, eachWord, hasTemplate, joinWords, markdownWords } from './defra-words.ts'
import { type OptionInput, type QuestionInput, wordsOf } from './draft.ts'
import type { Item } from './graph.ts'
import { isObject, type Json, listAt, numberAt, objectAt, saysNothing, textAt } from './json.ts'
import { quoted, type Rule } from './logic.ts'
import { reportUnknown } from './notes.ts'

const content = new Set(['Html', 'Para', 'InsetText', 'Details', 'Markdown', 'List', 'FlashCard', 'WarningText', 'NotificationBanner'])
const lists = new Set(['RadiosField', 'CheckboxesField', 'SelectField', 'AutocompleteField'])
const looks = ['classes', 'rows', 'bold', 'hideTitle', 'autocomplete', 'type', 'inline', 'cols', 'hideOptional', 'usePostcodeLookup', 'optionalText', 'exposeToContext'] // prettier-ignore
/** What every component has; `nameHasError` and `subType` are the designer's own marks. */
const always = ['id', 'type', 'name', 'nameHasError', 'subType', 'options', 'schema']

/** The statements and questions that a component becomes; what it says beyond them is reported. */
export function itemsOf(component: Json, path: string, place: DefraPlace, context: DefraContext): Item[] {
  const type = textAt(component, 'type')
  if (content.has(type)) return statement(component, type, path, context)
  if (type === 'HiddenField' || type === 'PaymentField' || type === 'GeospatialField') {
    const name = textAt(component, 'title') || textAt(component, 'name')
    const all = JSON.stringify(component)
    context.notes.add(path, 'component', `${type} "${name}" is left out: a service file has nothing like it: ${all}`)
    return []
  }
  const question = askedBy(component, type, path, place, context)
  const rule = componentRule(component, path, context)
  const own: Item = { path, question, ...(rule ? { rule } : {}) }
  return [...declarationText(component, type, path, context, rule), own, ...revealed(component, question, path, place, context)]
}

function componentRule(component: Json, path: string, context: DefraContext): Rule | undefined {
  const name = textAt(objectAt(component, 'options'), 'condition')
  return name === '' ? undefined : (context.conditions().rule(name, `${path}.options.condition`) ?? undefined)
}

function askedBy(component: Json, type: string, path: string, place: DefraPlace, context: DefraContext): QuestionInput {
  const options = objectAt(component, 'options')
  const known = componentKinds.get(type)
  const hasList = lists.has(type) || (!known && listOf(component, context) !== undefined)
  let kind: QuestionKind = known?.kind ?? 'text'
  let details: Details = known?.read(component, path, context) ?? {}
  if (hasList) ({ kind, details } = listDetails(component, type, path, context))
  else if (!known)
    context.notes.add(
      path,
      'component',
      `${type || 'a component without a type'} is not known to the importer: it became a question for a text`,
    )
  if (details.kind) kind = details.kind
  const titled = labelOf(component, path, context)
  const id = nameQuestion(component, firstSaid(titled), kind, place, context)
  const label = titled ?? { [context.words.base]: id.replaceAll('_', ' ') }
  const hint = joinWords([said(component, 'hint', path, context), said(options, 'instructionText', `${path}.options`, context)], ' ')
  if (kind === 'date') details = { ...details, ...dateDetails(options, id, path, context) }
  reportKeys(component, type, hasList, path, context)
  reportMessages(component, details, path, context)
  if (hasList && kind === 'many_of') exclusiveRules(component, id, details.options ?? [], context)
  return { id, label, ...(hint ? { hint } : {}), ...(options['required'] === false ? { required: false } : {}), ...details, kind }
}

/** The title; the short name instead where there is no title, or one that is filled in with answers. */
function labelOf(component: Json, path: string, context: DefraContext): Words | undefined {
  const [title, short] = [textAt(component, 'title'), textAt(component, 'shortDescription')]
  if (short === '') return said(component, 'title', path, context)
  if (title !== '' && (!hasTemplate(title) || hasTemplate(short))) {
    if (short !== title)
      context.notes.add(
        `${path}.shortDescription`,
        'short_description',
        `the short name "${short}" is left out: a question has the title "${title}" everywhere`,
      )
    return said(component, 'title', path, context)
  }
  if (title !== '')
    context.notes.add(`${path}.title`, 'template', `the form fills this title in: the short name "${short}" stands for it: ${title}`)
  return said(component, 'shortDescription', path, context)
}

/** Reports each key, option and limit that the component's type does not know. */
function reportKeys(component: Json, type: string, hasList: boolean, path: string, context: DefraContext): void {
  const known = componentKinds.get(type)
  const options = objectAt(component, 'options')
  reportUnknown(
    context.notes,
    component,
    [...always, 'title', 'hint', 'shortDescription', ...(hasList ? ['list', 'values'] : []), ...(known?.keys ?? [])],
    path,
  )
  reportLooks(options, path, context)
  const words = numberAt(options, 'maxWords')
  if (words !== undefined && known?.options.includes('maxWords'))
    context.notes.add(`${path}.options.maxWords`, 'limit', `the limit of ${words} words is left out: limits count characters`)
  reportUnknown(context.notes, options, [...looks, 'required', 'condition', 'instructionText', ...messageKeys, ...(known?.options ?? [])], `${path}.options`) // prettier-ignore
  const limits = type === 'CheckboxesField' ? ['min', 'max', 'length'] : (known?.schema ?? [])
  if (!known?.keys.includes('schema')) reportUnknown(context.notes, objectAt(component, 'schema'), limits, `${path}.schema`)
}

function reportLooks(options: Json, path: string, context: DefraContext): void {
  for (const look of looks) {
    if (saysNothing(options[look])) continue
    context.notes.tally(
      `${path}.options.${look}`,
      'presentation',
      'settings of looks (classes, rows, autocomplete, ...) are left out: pages have the look of the city',
    )
  }
}

const messageKeys = ['customValidationMessage', 'customValidationMessages']

/** Reports the error messages that did not go with a pattern. */
function reportMessages(component: Json, details: Details, path: string, context: DefraContext): void {
  const options = objectAt(component, 'options')
  const many = objectAt(options, 'customValidationMessages')
  const hasOwn = textAt(many, 'string.pattern.base') !== ''
  const used = details.pattern !== undefined && details.pattern_message !== undefined
  const left = Object.entries(many).filter(([key, text]) => !saysNothing(text) && !(used && hasOwn && key === 'string.pattern.base'))
  if (left.length > 0)
    context.notes.add(
      `${path}.options.customValidationMessages`,
      'validation_message',
      `its own error messages are left out: ${JSON.stringify(Object.fromEntries(left))}`,
    )
  const one = textAt(options, 'customValidationMessage')
  if (one !== '' && !(used && !hasOwn))
    context.notes.add(`${path}.options.customValidationMessage`, 'validation_message', `its own error message is left out: ${one}`)
}

/** Limits in days from today: today itself is a limit of the question, any other is a rule. */
function dateDetails(options: Json, id: string, path: string, context: DefraContext): Details {
  const details: Details = {}
  const [past, future] = [numberAt(options, 'maxDaysInPast'), numberAt(options, 'maxDaysInFuture')]
  if (past === 0) details.min = 'today'
  else if (past !== undefined)
    dayRule(id, `${id} >= today - duration("P${past}D")`, `Enter a date that is at most ${past} days ago`, path, context)
  if (future === 0) details.max = 'today'
  else if (future !== undefined)
    dayRule(id, `${id} <= today + duration("P${future}D")`, `Enter a date that is at most ${future} days from today`, path, context)
  return details
}

function dayRule(id: string, valid: string, message: string, path: string, context: DefraContext): void {
  if (!/P\d{1,6}D/.test(valid)) {
    context.notes.add(`${path}.options`, 'limit', `a limit in days is no whole number and is left out: ${valid}`)
    return
  }
  context.validations.push({ id: context.validationNames.give([`${id}_day`]), question: id, valid, message: { en: message } })
}

/** An option that excludes the others becomes a rule. */
function exclusiveRules(component: Json, id: string, options: readonly OptionInput[], context: DefraContext): void {
  const list = listOf(component, context)
  for (const item of list ? itemsOfList(list) : []) {
    if (!listAt(item, 'extensions').some((extension) => isObject(extension) && textAt(extension, 'type') === 'exclusive')) continue
    const value = itemValue(item)
    const name = firstSaid(options.find((option) => option.value === value)?.label)
    context.validations.push({
      id: context.validationNames.give([`${id}_alone`]),
      question: id,
      valid: `${id} = null or not(list contains(${id}, ${quoted(value)})) or count(${id}) = 1`,
      message: { en: `Choose "${name}" alone, or choose others without it` },
    })
  }
}

function declarationText(component: Json, type: string, path: string, context: DefraContext, rule: Rule | undefined): Item[] {
  if (type !== 'DeclarationField') return []
  const text = cleanMarkdownWords(context.words.at(component, 'content', path), context.notes)
  return text ? [{ path, statement: text, ...(rule ? { rule } : {}) }] : []
}

function listDetails(component: Json, type: string, path: string, context: DefraContext): { kind: QuestionKind; details: Details } {
  const list = listOf(component, context)
  const options = list ? optionsOf(list, path, context) : []
  const name = textAt(component, 'list')
  if (options.length === 0 || options.length > 500) {
    const reason = list ? (options.length === 0 ? 'has no items' : `has ${options.length} items, more than 500`) : 'is not in the form'
    context.notes.add(path, 'list', `its list "${name}" ${reason}: it became a question for a text`)
    return { kind: 'text', details: {} }
  }
  if (type !== 'CheckboxesField') return { kind: 'one_of', details: { options } }
  const schema = objectAt(component, 'schema')
  const exact = numberAt(schema, 'length')
  const [min, max] = [exact ?? numberAt(schema, 'min'), exact ?? numberAt(schema, 'max')]
  return {
    kind: 'many_of',
    details: {
      options,
      ...(min && min <= options.length ? { min_choices: Math.floor(min) } : {}),
      ...(max && max >= 1 ? { max_choices: Math.floor(max) } : {}),
    },
  }
}

/** Components that open under an option of a list, and the further question that an option may ask. */
function revealed(component: Json, question: QuestionInput, path: string, place: DefraPlace, context: DefraContext): Item[] {
  const list = lists.has(textAt(component, 'type')) ? listOf(component, context) : undefined
  const items: Item[] = []
  for (const [index, item] of (list ? itemsOfList(list) : []).entries()) {
    const rule = equals({ id: question.id, kind: question.kind }, itemValue(item))
    const where = `${list ? pathOfList(list, `${path}.list`, context) : path}.items[${index}]`
    const open = (inner: Json, at: string): void => {
      for (const each of itemsOf(inner, at, place, context)) {
        const both = [rule, each.rule].filter((part) => part !== null && part !== undefined)
        items.push({ ...each, reveal: true, rule: { op: 'all', of: both } })
      }
    }
    for (const [at, inner] of listAt(objectAt(item, 'conditional'), 'components').entries())
      if (isObject(inner)) open(inner, `${where}.conditional.components[${at}]`)
    for (const [at, extension] of listAt(item, 'extensions').entries())
      if (isObject(extension) && textAt(extension, 'type') === 'additional-question')
        open({ ...extension, type: 'TextField' }, `${where}.extensions[${at}]`)
  }
  return items
}

function statement(component: Json, type: string, path: string, context: DefraContext): Item[] {
  const rule = componentRule(component, path, context)
  const options = objectAt(component, 'options')
  const own = type === 'List' ? ['title', 'list', 'values'] : type === 'Details' ? ['title', 'content'] : ['content']
  // the designer calls a component without a title by its type
  const isNamed = textAt(component, 'title').replaceAll(/\s/g, '').toLowerCase() !== type.toLowerCase()
  reportUnknown(context.notes, component, [...always, ...own, ...(isNamed ? [] : ['title'])], path)
  reportLooks({ ...options, ...(type === 'List' ? { type: '', hideTitle: '' } : {}) }, path, context)
  reportUnknown(context.notes, options, [...looks, 'condition', 'required'], `${path}.options`)
  reportUnknown(context.notes, objectAt(component, 'schema'), [], `${path}.schema`)
  const texts = type === 'List' ? [] : context.words.at(component, 'content', path)
  let words = type === 'Markdown' ? cleanMarkdownWords(texts, context.notes) : markdownWords(texts, context.notes)
  if (type === 'List') words = listText(component, path, context)
  if (type === 'Details') {
    words = joinWords([eachWord(said(component, 'title', path, context), (title) => `**${title}**`), words], '\n\n')
    context.notes.tally(path, 'details', 'text that opened on a click (Details) is always shown')
  }
  if (!words) {
    context.notes.add(path, 'empty_text', `${type} has no text and is left out`)
    return []
  }
  return [{ path, statement: words, ...(rule ? { rule } : {}) }]
}

function listText(component: Json, path: string, context: DefraContext): Words | undefined {
  const list = listOf(component, context)
  const where = list ? pathOfList(list, path, context) : path
  const numbered = textAt(objectAt(component, 'options'), 'type') === 'numbered'
  const items = (list ? itemsOfList(list) : []).map((item, index) => said(item, 'text', `${where}.items[${index}]`, context))
  if (items.length === 0) {
    context.notes.add(path, 'list', `its list "${textAt(component, 'list')}" is not in the form or has no items`)
    return undefined
  }
  const isTitled = objectAt(component, 'options')['hideTitle'] !== true
  const title = isTitled ? eachWord(said(component, 'title', path, context), (text) => `**${text}**`) : undefined
  const lines = context.words.languages.map((tag) => {
    const texts = items.map((item) => item?.[tag] ?? '')
    const isSaid = texts.some((text) => text !== '')
    const all = items.map((item, index) => `${numbered ? `${index + 1}.` : '-'} ${item?.[tag] ?? firstSaid(item)}`)
    return [tag, isSaid ? all.join('\n') : ''] as const
  })
  return joinWords([title, wordsOf(Object.fromEntries(lines))], '\n\n')
}
