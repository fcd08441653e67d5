export { type Case, transitionsFrom } from './case.ts'
export {
  factsFor,
  fitsTrackingCode,
  getCase,
  getCaseByReference,
  type House,
  type OpenedCase,
  stateLabel,
  trackingCode,
  within,
} from './house.ts'
export { openCase, type Submission } from './open.ts'
export { noteOverdueOpened, warn } from './timers.ts'
export {
  answerOpened,
  assign,
  giveInformation,
  type Opinion,
  opineOpened,
  requestInformation,
  stepOpened,
  withdraw,
  write,
} from './work.ts'
