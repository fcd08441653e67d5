export { draftsPanel } from './drafts.ts'
export { type Complete, submitAtOnce } from './atonce.ts'
export { type OpenJourney, type Receipt } from './service.ts'
