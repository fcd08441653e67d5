export { answerKind, type FormBody, readForm } from './form.ts'
export { answerText, isRecord, rowSummary, rowTitle, type UploadedFile } from './answers.ts'
export { fieldId, issueLinks, issueText } from './issues.ts'
export { groupOverview, questionField } from './fields.ts'
