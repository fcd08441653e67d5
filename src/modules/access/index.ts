export {
  accountActor,
  type AccountFacts,
  type Acting,
  type Actor,
  agenciesWith,
  anonymous,
  holding,
  isStaff,
  type Level,
  levels,
  reaches,
  type Role,
  type RoleBinding,
  SEED_CHANNEL,
  systemActor,
} from './actor.ts'
export { checkPolicies } from './check.ts'
export { allow, explain, may } from './decide.ts'
export type { Fact, Resource } from './facts.ts'
export { type Condition, fits, type Visible, visible } from './filter.ts'
export { type Action, actions } from './policy.ts'
