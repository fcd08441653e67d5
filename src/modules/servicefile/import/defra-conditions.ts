import { compare, compareRelative, type Field } from './compare.ts'
import { readExpression } from './defra-expression.ts'
import { asText, isObject, type Json, listAt, numberAt, objectAt, textAt } from './json.ts'
import type { Rule } from './logic.ts'
import { type Notes, shorten } from './notes.ts'

/** Finds what conditions name: questions by component name or id, and values of lists by their ids. */
export type Lookup = {
  field(name: string): Field | undefined
  listValue(listId: string, itemId: string): string | undefined
}

/** The named conditions of a form. `rule` is null when a condition cannot be read; that is reported once. */
export type Conditions = {
  rule(name: string, path: string): Rule | null
  /** The names of conditions that nothing asked for. */
  unused(): Array<{ path: string; name: string }>
}

/** Reads the conditions of a form of either engine when they are first asked for. */
export function createConditions(form: Json, lookup: Lookup, notes: Notes): Conditions {
  const wrappers = new Map<string, { wrapper: Json; path: string }>()
  const all: Array<{ keys: string[]; path: string }> = []
  for (const [index, wrapper] of listAt(form, 'conditions').entries()) {
    if (!isObject(wrapper)) continue
    const keys = [textAt(wrapper, 'id'), textAt(wrapper, 'name'), textAt(wrapper, 'displayName')].filter((key) => key !== '')
    const path = `conditions[${index}]`
    all.push({ keys, path })
    for (const key of keys) if (!wrappers.has(key)) wrappers.set(key, { wrapper, path })
  }
  const read = new Map<Json, Rule | null>()
  const open = new Set<Json>()
  const rule = (name: string, path: string): Rule | null => {
    const found = wrappers.get(name)
    if (!found) {
      notes.add(path, 'unknown_condition', `there is no condition "${name}": what it guards is always shown`)
      return null
    }
    const known = read.get(found.wrapper)
    if (known !== undefined) return known
    if (open.has(found.wrapper)) {
      notes.add(found.path, 'unreadable_condition', `condition "${name}" reads itself: what it guards is always shown`)
      return null
    }
    open.add(found.wrapper)
    const reader = new ConditionReader(lookup, notes, rule)
    const made = reader.wrapper(found.wrapper, found.path)
    open.delete(found.wrapper)
    read.set(found.wrapper, made)
    return made
  }
  const unused = (): Array<{ path: string; name: string }> =>
    all
      .filter(({ keys }) => !keys.some((key) => read.has(wrappers.get(key)?.wrapper ?? {})))
      .map(({ keys, path }) => ({ path, name: keys.at(-1) ?? '' }))
  return { rule, unused }
}

class ConditionReader {
  readonly #lookup: Lookup
  readonly #notes: Notes
  readonly #named: (name: string, path: string) => Rule | null

  constructor(lookup: Lookup, notes: Notes, named: (name: string, path: string) => Rule | null) {
    this.#lookup = lookup
    this.#notes = notes
    this.#named = named
  }

  wrapper(wrapper: Json, path: string): Rule | null {
    if (Array.isArray(wrapper['items'])) return this.#items(wrapper, path)
    const value = wrapper['value'] ?? wrapper['expression']
    if (typeof value === 'string') return this.#expression(value, path)
    return isObject(value) ? this.#group(value, `${path}.value`) : this.#unreadable(path, JSON.stringify(value ?? null))
  }

  #expression(source: string, path: string): Rule | null {
    return readExpression(source, (name) => this.#lookup.field(name)) ?? this.#unreadable(path, source)
  }

  /** Engine V2: items joined by one coordinator. */
  #items(wrapper: Json, path: string): Rule | null {
    const rules = listAt(wrapper, 'items').map((item, index) => this.#one(item, `${path}.items[${index}]`))
    const read = rules.filter((rule) => rule !== null)
    if (read.length === 0 || read.length < rules.length) return null
    return { op: textAt(wrapper, 'coordinator').toLowerCase() === 'or' ? 'any' : 'all', of: read }
  }

  /** Engine V1: each condition after the first says how it is joined; "and" binds before "or". */
  #group(group: Json, path: string): Rule | null {
    const sums: Rule[][] = []
    for (const [index, item] of listAt(group, 'conditions').entries()) {
      const rule = this.#one(item, `${path}.conditions[${index}]`)
      if (rule === null) return null
      const joined = isObject(item) && textAt(item, 'coordinator').toLowerCase() === 'or' ? 'or' : 'and'
      const last = sums.at(-1)
      if (last && joined === 'and') last.push(rule)
      else sums.push([rule])
    }
    if (sums.length === 0) return this.#unreadable(path, JSON.stringify(group))
    return { op: 'any', of: sums.map((of) => ({ op: 'all', of })) }
  }

  #one(item: unknown, path: string): Rule | null {
    if (!isObject(item)) return this.#unreadable(path, JSON.stringify(item))
    if (Array.isArray(item['conditions'])) return this.#group(item, path)
    const named = textAt(item, 'conditionName') || textAt(item, 'conditionId')
    if (named !== '') return this.#named(named, path)
    const field = objectAt(item, 'field')
    const name = textAt(item, 'componentId') || textAt(field, 'name')
    const asked = this.#lookup.field(name)
    if (!asked) return this.#unreadable(path, `it reads "${name}", which is no question`)
    const rule = this.#test(asked, textAt(item, 'operator'), item)
    return rule ?? this.#unreadable(path, `${name} ${textAt(item, 'operator')} ${JSON.stringify(item['value'] ?? null)}`)
  }

  #test(field: Field, operator: string, item: Json): Rule | null {
    const { value } = item
    // V2 keeps the value's type beside it or inside it.
    const holder = isObject(value) ? value : item
    if (isObject(value) && ('period' in value || textAt(value, 'type') === 'RelativeDate')) {
      return compareRelative(field, operator, numberAt(value, 'period') ?? Number.NaN, textAt(value, 'unit'), textAt(value, 'direction'))
    }
    if (textAt(holder, 'itemId') !== '') {
      const listed = this.#lookup.listValue(textAt(holder, 'listId'), textAt(holder, 'itemId'))
      return listed === undefined ? null : compare(field, operator, listed)
    }
    const plain = isObject(value) ? value['value'] : value
    const text = typeof plain === 'boolean' ? String(plain) : asText(plain)
    return text === '' ? null : compare(field, operator, text)
  }

  #unreadable(path: string, what: string): null {
    this.#notes.add(path, 'unreadable_condition', `cannot be written in FEEL: ${shorten(what, 160)}; what it guards is always shown`)
    return null
  }
}
