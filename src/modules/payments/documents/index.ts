export { letterhead, linesOnSheet, recipientOf, transferBox } from './invoice.ts'
export { documentRoutes } from './routes.ts'
export { createSheetRenderer, type Sheet, type SheetRenderer } from './sheet.ts'
export { type CheckedReceipt, checkReceipt } from './sign.ts'
