import type { Content, Pages, View } from '../../../ui/index.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'

/** What the pages of paying work with. */
export type PayParts = {
  readonly treasury: Treasury
  readonly pages: Pages
  /** Help for who cannot pay a bill, for its page. */
  readonly hardship?: (view: View, bill: Bill) => Content | Promise<Content>
}
