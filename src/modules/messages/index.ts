export { adoptMessagesAbout, forgetMessages, type MessageHolding, messageHoldings, messagesBehind } from './holdings.ts'
export { type NewMessage, queueMessage } from './service.ts'
export { eraseMessagesAbout, eraseSpentMessages } from './spent.ts'
