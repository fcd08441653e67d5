import { policySetTextToParts, policyToJson, schemaToJson, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Engine, loadEngine, policiesFolder } from './engine.ts'
import { type Example, faultOf, readExamples } from './examples.ts'
import { actions } from './policy.ts'
import { type Policy, type PolicyFiles, readPolicyFiles } from './policyfiles.ts'

/** What a check of policies found. */
export type PolicyCheck = {
  /** The policies, in the order of their files. */
  readonly policies: readonly Policy[]
  /** The worked examples, each with what is wrong about it, if anything is. */
  readonly examples: ReadonlyArray<{ readonly says: string; readonly fault: string | null }>
  /** Everything that is wrong, in sentences. */
  readonly faults: readonly string[]
}

/**
 * Checks a folder of policies: each is Cedar and agrees with the schema, the schema has the program's actions, every
 * worked example holds, and every policy and action is in one. Never throws for what is wrong with the files.
 */
export function checkPolicies(folder: string = policiesFolder): PolicyCheck {
  try {
    const files = readPolicyFiles(folder)
    const faults = [...schemaFaults(files), ...validationFaults(files), ...readingFaults(folder, files)]
    if (faults.length > 0) return { policies: files.policies, examples: [], faults }
    const examples = readExamples(folder)
    const told = runExamples(loadEngine(folder), examples)
    const wrong = told.flatMap(({ says, fault }) => (fault === null ? [] : [`${says}: ${fault}`]))
    return { policies: files.policies, examples: told, faults: [...wrong, ...unshown(files, examples)] }
  } catch (error) {
    return { policies: [], examples: [], faults: [error instanceof Error ? error.message : 'the policies cannot be read'] }
  }
}

function runExamples(engine: Engine, examples: readonly Example[]): Array<{ says: string; fault: string | null }> {
  return examples.map((example) => ({ says: example.says, fault: faultOf(engine, example) }))
}

function unshown({ policies }: PolicyFiles, examples: readonly Example[]): string[] {
  const shown = new Set(examples.map((example) => example.by))
  const tried = new Set(examples.map((example) => example.action))
  return [
    ...policies.filter((policy) => !shown.has(policy.id)).map((policy) => `no example shows the policy ${policy.id}`),
    ...actions.filter((action) => !tried.has(action)).map((action) => `no example asks for ${action}`),
  ]
}

/** Where the schema and the program's list of actions differ, or the schema is not Cedar. */
function schemaFaults(files: PolicyFiles): string[] {
  const answer = schemaToJson(files.schema)
  if (answer.type === 'failure') return answer.errors.map((error) => `schema.cedarschema: ${error.message}`)
  const inSchema = Object.entries(answer.json['Stoa']?.actions ?? {}).filter(
    ([, action]) => (action.appliesTo?.resourceTypes.length ?? 0) > 0,
  )
  const names = new Set(inSchema.map(([name]) => name))
  const program = new Set<string>(actions)
  const read = inSchema.filter(([name, action]) => {
    const facts = files.actions.get(name)
    return facts?.group !== action.memberOf?.[0]?.id || facts?.resourceType !== action.appliesTo?.resourceTypes[0]
  })
  return [
    ...[...names].filter((name) => !program.has(name)).map((name) => `the schema has ${name}, the program has not`),
    ...[...program].filter((name) => !names.has(name)).map((name) => `the program has ${name}, the schema has not`),
    ...read.map(([name]) => `schema.cedarschema: ${name} is read otherwise than Cedar reads it; write it as the other actions are written`),
    ...inSchema.filter(([, action]) => action.memberOf?.length !== 1).map(([name]) => `schema.cedarschema: ${name} is not in one group`),
  ]
}

function validationFaults(files: PolicyFiles): string[] {
  const staticPolicies = Object.fromEntries(files.policies.map((policy) => [policy.id, policy.text]))
  const answer = validate({ schema: files.schema, policies: { staticPolicies } })
  if (answer.type === 'failure') return answer.errors.map((error) => error.message)
  const file = (id: string): string => files.policies.find((policy) => policy.id === id)?.file ?? ''
  return [...answer.validationErrors, ...answer.validationWarnings].map(
    ({ policyId, error }) => `${file(policyId)}: ${policyId}: ${error.message}`,
  )
}

/** Where the program's own reading of a file differs from Cedar's. */
function readingFaults(folder: string, files: PolicyFiles): string[] {
  return [...new Set(files.policies.map((policy) => policy.file))].flatMap((file) => {
    const own = files.policies.filter((policy) => policy.file === file)
    const parts = policySetTextToParts(readFileSync(join(folder, file), 'utf8'))
    if (parts.type === 'failure') return parts.errors.map((error) => `${file}: ${error.message}`)
    if (parts.policies.length !== own.length) return [`${file}: ${parts.policies.length} policies, of which ${own.length} were read`]
    return parts.policies.flatMap((text) => {
      const read = policyToJson(text)
      const policy = read.type === 'success' ? own.find((each) => each.id === read.json.annotations?.['id']) : undefined
      const same = read.type === 'success' && policy !== undefined && describes(policy, read.json, files)
      return same ? [] : [`${file}: this policy is read otherwise than Cedar reads it: ${text.slice(0, 60)}`]
    })
  })
}

type CedarPolicy = Extract<ReturnType<typeof policyToJson>, { type: 'success' }>['json']

function describes(policy: Policy, read: CedarPolicy, files: PolicyFiles): boolean {
  const notes = read.annotations ?? {}
  const scope = read.action
  const named = scope.op === 'All' ? [] : 'entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : []
  const names = named.map((uid) => ('__entity' in uid ? uid.__entity.id : uid.id))
  const about = [...files.actions].filter(([name, { group }]) => scope.op === 'All' || names.includes(name) || names.includes(group))
  return (
    policy.effect === read.effect &&
    policy.reason === notes['reason'] &&
    policy.raiseTo === (notes['raise_to'] ?? null) &&
    policy.problem === (notes['problem'] ?? null) &&
    policy.actions.toSorted().join() ===
      about
        .map(([name]) => name)
        .toSorted()
        .join()
  )
}
