export { type LetterParts } from './compose.ts'
export { letterJob, makeLetter, previewLetter, type PreviewOptions } from './job.ts'
export { createLetterRenderer, type Letter, type LetterRenderer } from './render.ts'
export { letterRoutes } from './routes.ts'
