export { accountByAddress, accountFacts, accountOfPerson, addAccount, checkPassword, forgetAttempts, grantRole, hasAccounts, limitAttempts, ownProfile, setupCode, staffNames, staffOfAgencies, staffOfAgency, supervisorsOf } from './service.ts' // prettier-ignore
export { accountWords, type AccountWords, eraseUnproven } from './unproven.ts'
export { closeAccountOf } from './closing.ts'
export { type AccountHoldings, accountHoldings } from './holdings.ts'
export { createHasher, type PasswordHasher } from './password.ts'
export {
  type ActingFor, endActing, goodSessions, type ListedSession, type Method, raiseSession, type Session, sessionLimits, sessionsOf, setActing, type SignIn,
  signOut, startSession,
} from './sessions.ts' // prettier-ignore
export {
  beginSession,
  giveSession,
  homeOf,
  isKiosk,
  KIOSK_COOKIE,
  makeVisit,
  sessionCookie,
  signInAddress,
  type Visit,
  speakAlso,
  visitOf,
} from './visit.ts'
export { hasOwnMeans } from './means.ts'
export { delayAttempts, networkOf } from './factors/attempts.ts'
export { addressOf as accountAddress } from './factors/tell.ts'
export { type Means, meansOf } from './factors/factors.ts'
export { addTotp, codeAt, STEP_SECONDS, stepOf } from './factors/totp.ts'
export { standingFindings } from './standing/standing.ts'
export {
  beginEmergency, type Directory, type Emergency, EMERGENCY_MINUTES, type EmergencyReason, emergenciesOf, emergencyReasons, EXPLANATION, type Grant,
  isDue, listEmergencies, listGrants, refreshAgencies, refuseClosed, reviewEmergency,
} from './grants/index.ts' // prettier-ignore
