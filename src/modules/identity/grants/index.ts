export { type Directory, refreshAgencies, refuseClosed } from './agencies.ts'
export {
  beginEmergency, type Emergency, EMERGENCY_MINUTES, type EmergencyReason, emergenciesOf, emergencyReasons, EXPLANATION, listEmergencies,
  reviewEmergency,
} from './emergency.ts' // prettier-ignore
export { type Grant, isDue } from './grant.ts'
export { type GrantParts, grantRoutes } from './routes.ts'
export { endGrants, listGrants } from './service.ts'
