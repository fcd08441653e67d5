import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A policy as it stands in its file. */
export type Policy = {
  readonly id: string
  readonly file: string
  readonly effect: 'permit' | 'forbid'
  /** One plain sentence: what it allows, or what somebody is told whom it refuses. */
  readonly reason: string
  /** The actions it is about, groups written out. */
  readonly actions: readonly string[]
  /** The level of assurance by which this refusal ends, or `resource.needs`; null when none ends it. */
  readonly raiseTo: string | null
  /** The code of the problem that tells of this refusal; null for the usual ones. */
  readonly problem: string | null
  /** Cedar, with groups of actions written out, so that a decision needs no word about groups. */
  readonly text: string
}

/** What the schema says of an action: its group and the kind of thing it is for. */
export type ActionFacts = { readonly group: string; readonly resourceType: string; readonly called: string }

/** The policies of a folder and the actions that they are about. */
export type PolicyFiles = {
  readonly policies: readonly Policy[]
  readonly actions: ReadonlyMap<string, ActionFacts>
  readonly schema: string
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"`
const COMMENT = new RegExp(`${STRING}|//[^\\n]*`, 'g')
const STATEMENT = new RegExp(`(?:${STRING}|[^";])+;`, 'g')
const HEAD = new RegExp(`^((?:\\s*@\\w+\\s*\\(\\s*${STRING}\\s*\\))*)\\s*(permit|forbid)\\s*\\(((?:${STRING}|[^")])*)\\)`)
const ANNOTATION = new RegExp(`@(\\w+)\\s*\\(\\s*(${STRING})\\s*\\)`, 'g')
const ACTION_SCOPE = new RegExp(`\\baction(?:\\s*==\\s*Stoa::Action::${STRING}|\\s+in\\s*(?:\\[[^\\]]*\\]|Stoa::Action::${STRING}))?`)
const ACTION = new RegExp(`\\baction\\s+((?:${STRING}\\s*,?\\s*)+)(?:in\\s*\\[([^\\]]*)\\]\\s*)?(?:appliesTo\\s*\\{([^}]*)\\}\\s*)?;`, 'g')
const ENTITY = new RegExp(`@called\\s*\\(\\s*(${STRING})\\s*\\)\\s*entity\\s+(\\w+)`, 'g')

/**
 * Reads the schema and all `.cedar` files of a folder. Only what surrounds a policy is read here (annotations, effect,
 * actions): Cedar itself would take 0.2 s of every start for it, and `checkPolicies` compares. Throws with the file's
 * name when a policy has no `@id` or `@reason`, an id twice, or an action that the schema does not have.
 */
export function readPolicyFiles(folder: string): PolicyFiles {
  const schema = readFileSync(join(folder, 'schema.cedarschema'), 'utf8')
  const actions = actionsOf(withoutComments(schema))
  const files = readdirSync(folder).filter((name) => name.endsWith('.cedar'))
  const policies = files
    .toSorted()
    .flatMap((file) => statements(file, readFileSync(join(folder, file), 'utf8')).map((text) => policyOf(file, text, actions)))
  const twice = policies.find((policy, at) => policies.findIndex((other) => other.id === policy.id) !== at)
  if (twice) throw new Error(`${twice.file}: the id ${twice.id} is given twice`)
  if (policies.length === 0) throw new Error(`${folder}: there is no policy`)
  return { policies, actions, schema }
}

function withoutComments(text: string): string {
  return text.replace(COMMENT, (found) => (found.startsWith('"') ? found : ''))
}

function statements(file: string, text: string): string[] {
  const code = withoutComments(text)
  const found = code.match(STATEMENT) ?? []
  const rest = code.slice(found.join('').length).trim()
  if (rest !== '') throw new Error(`${file}: a policy does not end: ${rest.slice(0, 60)}`)
  return found.map((each) => each.trim())
}

function policyOf(file: string, text: string, known: PolicyFiles['actions']): Policy {
  const [head, annotations = '', effect, scope = ''] = HEAD.exec(text) ?? []
  if (head === undefined || (effect !== 'permit' && effect !== 'forbid'))
    throw new Error(`${file}: this is no policy: ${text.slice(0, 60)}`)
  const notes = new Map([...annotations.matchAll(ANNOTATION)].map(([, name, value]) => [name, unquoted(value)]))
  const id = notes.get('id')
  const reason = notes.get('reason')
  if (!id || !reason) throw new Error(`${file}: a policy has no @id or no @reason: ${text.slice(0, 60)}`)
  const named = ACTION_SCOPE.exec(scope)?.[0] ?? ''
  const actions = namesIn(named).flatMap((name) => membersOf(name, known))
  if (actions.length === 0 && named !== 'action') throw new Error(`${file}: ${id} names an action or group that the schema does not have`)
  const written = `action in [${actions.map((action) => `Stoa::Action::"${action}"`).join(', ')}]`
  return {
    id,
    file,
    effect,
    reason,
    actions: actions.length === 0 ? [...known.keys()] : actions,
    raiseTo: notes.get('raise_to') ?? null,
    problem: notes.get('problem') ?? null,
    text: actions.length === 0 ? text : text.replace(scope, () => scope.replace(named, () => written)),
  }
}

function membersOf(name: string, known: PolicyFiles['actions']): string[] {
  if (known.has(name)) return [name]
  const members = [...known].filter(([, facts]) => facts.group === name).map(([action]) => action)
  if (members.length === 0) throw new Error(`the schema has no action or group ${name}`)
  return members
}

function actionsOf(schema: string): Map<string, ActionFacts> {
  const called = new Map([...schema.matchAll(ENTITY)].map(([, noun, type]) => [type ?? '', unquoted(noun)]))
  const actions = new Map<string, ActionFacts>()
  for (const [, names = '', groups = '', applies] of schema.matchAll(ACTION)) {
    if (applies === undefined) continue
    const resourceType = /\bresource:\s*\[\s*(\w+)/.exec(applies)?.[1] ?? ''
    const facts = { group: namesIn(groups)[0] ?? '', resourceType, called: called.get(resourceType) ?? 'thing' }
    for (const name of namesIn(names)) actions.set(name, facts)
  }
  return actions
}

function namesIn(text: string): string[] {
  return [...text.matchAll(new RegExp(STRING, 'g'))].map(([quoted]) => unquoted(quoted))
}

function unquoted(text: string | undefined): string {
  return String(JSON.parse(text ?? '""'))
}
