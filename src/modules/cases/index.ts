export { type Case, type FeeDue, type FeeState, transitionsFrom } from './case.ts'
export {
  type Block,
  createLetterRenderer,
  createTypesetter,
  escapeMarkdown,
  type Letter,
  type LetterRenderer,
  readMarkdown,
  type Typesetter,
} from './letters/index.ts'
export { addressLines, answerInWords } from './letters/values.ts'
export { sendFile } from './replies.ts'
export {
  factsFor,
  fitsTrackingCode,
  followed,
  getCase,
  getCaseByReference,
  type House,
  type OpenedCase,
  stateLabel,
  trackingCode,
  type Wishes,
  within,
} from './house.ts'
export { type CaseHolding, caseHoldings, disownCases, eraseCases, holdCasesOf, keptUntil } from './holdings.ts'
export { type Behind, casesBehind } from './behind.ts'
export { casesPastTheirTime, eraseCaseData, noteEnds, type PastCase } from './retention.ts'
export { type CaseMoney, type PaidBefore } from './fee.ts'
export { type Contact, type FeeFacts, feeOf } from './feefacts.ts'
export { feeHappened, type FeeNews, type FeeNewsFacts } from './feehappened.ts'
export { type Listen, liveStreams } from './live.ts'
export { mayReadCase } from './read.ts'
export { CASE_COOKIE } from './routes.ts'
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
