export { answerKind, type FormBody, readForm } from './form.ts'
export { answerText, isRecord, rowTitle, type UploadedFile } from './answers.ts'
export { issueLinks } from './issues.ts'
export { questionField } from './fields.ts'
