export { messagesAbout, type NewMessage, queueMessage } from './service.ts'
