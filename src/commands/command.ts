/** What a verb gets. */
export type Invocation = {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly root: string
}

/** A verb: returns its exit code, or null while it goes on until it is told to stop. */
export type Command = (invocation: Invocation) => Promise<number | null>

/** The value of `--name value`, or null. */
export function option(args: readonly string[], name: string): string | null {
  const at = args.indexOf(`--${name}`)
  return at >= 0 ? (args[at + 1] ?? null) : null
}

/** Arguments that are neither options nor their values. */
export function positional(args: readonly string[]): string[] {
  return args.filter((arg, i) => !arg.startsWith('--') && !(args[i - 1] ?? '').startsWith('--'))
}

type Known = { readonly values?: readonly string[]; readonly flags?: readonly string[] }

/** The options of each verb, or of each thing that a verb does: those with a value and those without. */
const optionsOf: Readonly<Record<string, Known>> = {
  seed: { values: ['residents', 'cases', 'seed'] },
  import: { values: ['from', 'out', 'agency', 'id', 'map', 'rejects', 'client', 'dry-run'] },
  'import form': { values: ['from', 'out', 'agency', 'id'] },
  'import reports': { values: ['map', 'rejects'] },
  'import bills': { values: ['map', 'client', 'rejects', 'dry-run'] },
  'import parcels': { values: ['map', 'rejects'] },
  conform: { values: ['key', 'at', 'jurisdiction', 'format', 'discovery', 'most', 'pause', 'patience'], flags: ['write', 'json'] },
  pull: { values: ['name', 'since', 'agency', 'group', 'language', 'zone', 'jurisdiction', 'key', 'most', 'pause'] },
  verify: { values: ['keys'] },
  audit: { values: ['origin', 'reviewed-policies'], flags: ['json'] },
}

/**
 * The arguments of a verb with each `--name=value` as two; or the fault, one line, of an option that the verb does not
 * have, that is without its value or has one where it takes none.
 */
export function readOptions(verb: string, args: readonly string[]): { readonly args: readonly string[] } | { readonly fault: string } {
  const parts = args.flatMap((arg) => {
    const [, name = '', value = ''] = /^(--[^=]+)=([\s\S]*)$/.exec(arg) ?? []
    return name === ''
      ? [{ arg, given: false }]
      : [
          { arg: name, given: true },
          { arg: value, given: false },
        ]
  })
  const what = `${verb} ${args.find((arg) => !arg.startsWith('--')) ?? ''}`
  const { values = [], flags = [] } = optionsOf[what] ?? optionsOf[verb] ?? {}
  const known = [...values.map((name) => `--${name} VALUE`), ...flags.map((name) => `--${name}`)]
  for (let at = 0; at < parts.length; at += 1) {
    const { arg = '', given = false } = parts[at] ?? {}
    if (!arg.startsWith('--')) continue
    const name = arg.slice(2)
    if (flags.includes(name)) {
      if (given) return { fault: `${arg} takes no value.` }
      continue
    }
    if (!values.includes(name)) {
      const own = known.length > 0 ? `These are known: ${known.join(', ')}.` : 'It takes no options.'
      return { fault: `"${optionsOf[what] ? what : verb}" has no option ${arg}. ${own}` }
    }
    const next = parts[at + 1]
    if (next === undefined || next.arg === '' || (!given && next.arg.startsWith('--'))) return { fault: `${arg} needs a value.` }
    at += 1
  }
  return { args: parts.map(({ arg }) => arg) }
}
