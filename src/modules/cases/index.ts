export { type Case, transitionsFrom } from './case.ts'
export { createLetterRenderer, escapeMarkdown, type Letter, type LetterRenderer } from './letters/index.ts'
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
