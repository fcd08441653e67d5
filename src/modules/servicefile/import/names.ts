/**
 * Words that FEEL (DMN 1.5, 10.3.1.2) or the service file gives a meaning: an id of this name could not be read, or
 * would hide a built-in function.
 */
const taken: ReadonlySet<string> = new Set([
  'and', 'or', 'not', 'if', 'then', 'else', 'for', 'in', 'return', 'some', 'every', 'satisfies', 'between', 'instance',
  'of', 'true', 'false', 'null', 'function', 'external', 'item', 'partial', 'case', 'facts', 'today', 'now', 'answers', 'input_value',
  'number', 'string', 'boolean', 'date', 'time', 'duration', 'list', 'context', 'range', 'any', 'all', 'count', 'min',
  'max', 'sum', 'mean', 'mode', 'median', 'product', 'stddev', 'floor', 'ceiling', 'decimal', 'abs', 'modulo', 'sqrt',
  'log', 'exp', 'odd', 'even', 'is', 'before', 'after', 'meets', 'overlaps', 'includes', 'during', 'starts', 'finishes',
  'coincides', 'sort', 'append', 'concatenate', 'remove', 'reverse', 'union', 'flatten', 'sublist', 'substring',
  'contains', 'matches', 'replace', 'split', 'years', 'months', 'days', 'hours', 'minutes', 'seconds', 'year', 'month',
  'day', 'hour', 'minute', 'second', 'get', 'put', 'start', 'end', 'place', 'reference', 'reason', 'until', 'constructor',
]) // prettier-ignore

/** Text as snake_case, cut between words; empty when it has no Latin letter or digit. */
export function slug(text: string, length = 40): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/['\u2019]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  if (words.length <= length) return words
  const cut = words.slice(0, length + 1)
  const end = cut.lastIndexOf('_')
  return end > length / 3 ? cut.slice(0, end) : words.slice(0, length)
}

/** A camelCase or kebab-case name as snake_case. */
export function slugOfName(name: string): string {
  return slug(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2'))
}

/** Whether a name was chosen by a person (`numberOfApplicants`) and not drawn at random (`rfUYC`). */
export function isTellingName(name: string): boolean {
  return name.length > 6 && /^[a-z]{2,}(?:[A-Z][a-z]+|[_-][a-z]{2,}|\d{1,2})*$/.test(name)
}

/** Gives ids: snake_case, no word of FEEL, each only once, the first that is free of those wanted. */
export type Names = { give(wanted: readonly string[]): string }

/** A giver of ids for one space of names. */
export function createNames(): Names {
  const given = new Set<string>()
  const free = (id: string): boolean => id !== '' && !taken.has(id) && !given.has(id)
  return {
    give(wanted) {
      const ids = wanted.filter((id) => id !== '').map((id) => (/^[a-z]/.test(id) ? id : `q_${id}`).slice(0, 58))
      const first = ids[0] ?? 'question'
      let id = ids.find(free)
      for (let count = 2; id === undefined; count += 1) {
        const stem = taken.has(first) && count === 2 ? `${first}_answer` : `${first}_${count}`
        if (free(stem)) id = stem
      }
      given.add(id)
      return id
    },
  }
}

/** Gives option values: the text as a slug, each only once. */
export function createValues(): (text: string, fallback: string) => string {
  const given = new Set<string>()
  return (text, fallback) => {
    const stem = slug(text, 60) || fallback
    let value = stem
    for (let count = 2; given.has(value); count += 1) value = `${stem}_${count}`
    given.add(value)
    return value
  }
}

/** Three capital letters for a title: the initials of its words, then letters of its words. */
export function prefixOf(title: string): string {
  const words = slug(title, 200)
    .replaceAll(/[0-9]/g, '')
    .split('_')
    .filter((word) => word !== '')
  const telling = words.filter((word) => !['a', 'an', 'the', 'of', 'for', 'to', 'and', 'or', 'in', 'on'].includes(word))
  const source = telling.length > 0 ? telling : words
  const letters = source.map((word) => word.charAt(0)).join('') + source.map((word) => word.slice(1)).join('')
  return `${letters}xxx`.slice(0, 3).toUpperCase()
}
