export {
  type Actor,
  agenciesWith,
  anonymous,
  holding,
  isStaff,
  type Role,
  type RoleBinding,
  roles,
  SEED_CHANNEL,
  systemActor,
} from './actor.ts'
export { allow, fits, may, type Resource, type Visible, visible } from './access.ts'
export { type Action, policies } from './policy.ts'
