export { draftsPanel } from './drafts.ts'
export { fitsJourneyToken, journeyToken, type OpenJourney, openJourney, type Receipt, saveAnswers, startJourney, submitJourney } from './service.ts'
