export { accountByAddress, accountFacts, addAccount, forgetAttempts, grantRole, hasAccounts, limitAttempts, ownProfile, type Session, sessionLimits, setupCode, staffNames, staffOfAgencies, staffOfAgency } from './service.ts' // prettier-ignore
export { createHasher, type PasswordHasher } from './password.ts'
export { homeOf, makeVisit, sessionCookie, type Visit, visitOf } from './visit.ts'
