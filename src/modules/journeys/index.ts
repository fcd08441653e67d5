export { draftsPanel } from './drafts.ts'
export { type Complete, submitAtOnce } from './atonce.ts'
export {
  fitsJourneyToken,
  journeyToken,
  type OpenJourney,
  openJourney,
  type Receipt,
  saveAnswers,
  startJourney,
  submitJourney,
} from './service.ts'
