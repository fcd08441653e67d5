export { type Board, codeHash, factsOf, getReport, makeBoard, pageOf, refreshCategories, tell, within } from './board.ts'
export { type Contact, type NewReport, sendReport, type Sent } from './send.ts'
export {
  assignReport, type AssignTo, endReport, fixReport, type FixProof, moveReport, recategorise, startReport,
} from './work.ts' // prettier-ignore
export { mergeReports, splitReport, unmergeReport } from './merge.ts'
export { followReport, type Hearer, joinReport, type Joining, type Teller, unfollow } from './follow.ts'
export { answerFix } from './answer.ts'
export { hideReport, hideUpdate, maskText, restoreText, restoreUpdate, type Writer, writeUpdate } from './words.ts'
export { photosOf, type Picture, publicPhoto, setPhotoState, staffPhoto } from './photos.ts'
export { type Expected, expectedFinish, type Near, nearby, openReport, publicReport, timelineOf, type Unmasked } from './read.ts'
export { type Done, once } from './once.ts'
