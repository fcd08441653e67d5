export type { Case } from './case.ts'
export { factsFor, fitsTrackingCode, getCase, getCaseByReference, type House, stateLabel, trackingCode, within } from './house.ts'
export { openCase, type Submission } from './open.ts'
