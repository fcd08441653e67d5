import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isAuthorized, schemaToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { z } from 'zod'
import { checkPolicies } from './check.ts'
import { engine, loadEngine, policiesFolder } from './engine.ts'
import { principalOf, resourceOf } from './facts.ts'
import { randomActors, randomResources } from './makers.ts'
import { actions } from './policy.ts'
import { readPolicyFiles } from './policyfiles.ts'

describe('the policies of the program', () => {
  it('are Cedar, agree with the schema, and every worked example holds', () => {
    const { faults, examples, policies } = checkPolicies()
    assert.deepEqual(faults, [])
    assert.ok(examples.length >= policies.length && policies.length >= 30, `${examples.length} examples, ${policies.length} policies`)
  })

  it('decide one by one as Cedar decides with all of them, groups of actions and the schema', () => {
    const { policies, schema, actions: known } = readPolicyFiles(policiesFolder)
    const texts = [...new Set(policies.map((policy) => policy.file))].map((file) => readFileSync(join(policiesFolder, file), 'utf8'))
    const pools = { ids: ['r', 's'], persons: ['p', 'q'], accounts: ['a', 'b'], agencies: ['transport', 'parks'], services: ['x', 'y'] }
    const facts = factsByType(schema)
    fc.assert(
      fc.property(randomActors(pools), fc.constantFrom(...actions), randomResources(pools), (who, action, what) => {
        const type = known.get(action)?.resourceType ?? ''
        const kind = { account: 'Account', anonymous: 'Anonymous', system: 'System' }[who.kind]
        const principal = principalOf(who, facts.get(kind) ?? [])
        const thing = resourceOf(what, type, facts.get(type) ?? [])
        const answer = isAuthorized({
          principal: principal.uid,
          action: { type: 'Stoa::Action', id: action },
          resource: thing.uid,
          context: {},
          schema,
          validateRequest: true,
          policies: { staticPolicies: texts.join('\n') },
          entities: [principal, thing],
        })
        assert.ok(answer.type === 'success', JSON.stringify(answer))
        assert.equal(engine.decide(who, action, what).allowed, answer.response.decision === 'allow')
      }),
      { numRuns: 100 },
    )
  })
})

/** The attributes of each type of the schema. */
function factsByType(schema: string): Map<string, string[]> {
  const answer = schemaToJson(schema)
  assert.ok(answer.type === 'success')
  const types = Object.entries(answer.json['Stoa']?.entityTypes ?? {})
  const attributes = z.object({ shape: z.object({ attributes: z.record(z.string(), z.unknown()) }) })
  return new Map(types.map(([name, type]) => [name, Object.keys(attributes.safeParse(type).data?.shape.attributes ?? {})]))
}

describe('a planted fault', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stoa-policies-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const planted = (name: string, change: (at: string) => void): string => {
    const at = join(folder, name)
    cpSync(policiesFolder, at, { recursive: true })
    change(at)
    return at
  }
  const faultsOf = (at: string): string => checkPolicies(at).faults.join('\n')
  const policy = (body: string, id = 'planted'): string => `\n@id("${id}") @reason("Planted.") ${body};\n`
  const replace = (file: string, from: string, to: string) => (at: string) => {
    const text = readFileSync(join(at, file), 'utf8')
    assert.ok(text.includes(from))
    writeFileSync(join(at, file), text.replaceAll(from, to))
  }

  it('in a policy that names a fact that the schema does not have', () => {
    const at = planted('fact', (to) =>
      appendFileSync(
        join(to, 'staff.cedar'),
        policy('permit (principal, action == Stoa::Action::"audit.read", resource) when { resource.colour == "red" }'),
      ),
    )
    assert.match(faultsOf(at), /staff\.cedar: planted: .*colour/)
  })

  it('in a policy that does not ask whether a fact is there', () => {
    const at = planted('guard', (to) =>
      appendFileSync(
        join(to, 'cases.cedar'),
        policy('forbid (principal, action == Stoa::Action::"cases.read", resource) when { resource.district == "north" }'),
      ),
    )
    assert.match(faultsOf(at), /cases\.cedar: planted: .*district/)
  })

  it('in what is no Cedar: the program does not start with it', () => {
    const at = planted('syntax', (to) =>
      appendFileSync(join(to, 'staff.cedar'), policy('permit (principal, action, resource) when { principal. }')),
    )
    assert.match(faultsOf(at), /staff\.cedar/)
    assert.throws(() => loadEngine(at), /staff\.cedar: planted/)
  })

  it('in a policy without a reason, with an id that is there, about an action that is not, or without an end', () => {
    const wrong: Record<string, [string, RegExp]> = {
      reason: ['@id("planted") permit (principal, action, resource);', /no @reason/],
      twice: [policy('permit (principal, action, resource)', 'own-data'), /own-data is given twice/],
      action: [policy('permit (principal, action == Stoa::Action::"cases.burn", resource)'), /no action or group cases\.burn/],
      end: ['@id("planted") @reason("x") permit (principal, action, resource)', /does not end/],
    }
    for (const [name, [text, told]] of Object.entries(wrong)) {
      const at = planted(name, (to) => appendFileSync(join(to, 'staff.cedar'), text))
      assert.match(faultsOf(at), told)
      assert.throws(() => loadEngine(at), told)
    }
  })

  it('in a policy that allows too much: an example says so', () => {
    const at = planted('much', (to) =>
      appendFileSync(
        join(to, 'staff.cedar'),
        policy('permit (principal is Stoa::Account, action == Stoa::Action::"cases.read", resource)'),
      ),
    )
    assert.match(faultsOf(at), /auditor may not cases\.read on Robin's case by default-deny: is allowed by planted/)
    assert.match(faultsOf(at), /no example shows the policy planted/)
  })

  it('in a policy that allows too little: an example says so', () => {
    const at = planted(
      'gone',
      replace('cases.cedar', 'principal.team_at.containsAny(resource.asked)', 'principal.team_at.containsAny(resource.desks)'),
    )
    assert.match(faultsOf(at), /fire officer may cases\.read on Robin's case by asked-agency-reads-cases: is refused/)
  })

  it('in a policy that no list can be filtered by', () => {
    const at = planted('filter', (to) =>
      appendFileSync(
        join(to, 'cases.cedar'),
        policy('forbid (principal, action == Stoa::Action::"cases.read", resource) when { resource has id && resource.id like "x*" }'),
      ),
    )
    assert.match(faultsOf(at), /no list can be filtered by/)
  })

  it('in the names of actions: the schema and the program must have the same', () => {
    const at = planted('names', replace('schema.cedarschema', '"audit.read"', '"audit.write"'))
    assert.match(faultsOf(at), /audit\.read/)
    const more = planted('more', replace('schema.cedarschema', '"journal.read",', '"journal.read", "journal.burn",'))
    assert.match(faultsOf(more), /the schema has journal\.burn, the program has not/)
  })
})
