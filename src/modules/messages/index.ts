export { type NewMessage, queueMessage } from './service.ts'
