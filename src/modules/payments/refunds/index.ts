export { refundJobs } from './jobs.ts'
export {
  openRefund,
  refundById,
  refundCameBack,
  refundLeft,
  refundOrdered,
  refundsOf,
  refundsProposed,
  refundsToPayOut,
  refundsToTransfer,
  refundUncovered,
  TAKEN_BACK,
  withdrawRefund,
} from './left.ts'
export { decideRefund, proposeRefund, refundable, type RefundWish } from './propose.ts'
export { type Refund, type RefundCause, refundCauses, type RefundState, type RefundWay, refundWays } from './refund.ts'
export { settleRefund } from './settle.ts'
