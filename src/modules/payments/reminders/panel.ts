import type { Content, View } from '../../../ui/index.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'
import { readHelp } from './help.ts'
import { helpPanel } from './views/help.ts'

/** Help for who cannot pay a bill, for its page: what is agreed or asked already, and the ways to it. */
export function hardship(treasury: Treasury): (view: View, bill: Bill) => Promise<Content> {
  return async (view, bill) => (bill.state === 'open' ? helpPanel(view, await readHelp(treasury, bill)) : null)
}
