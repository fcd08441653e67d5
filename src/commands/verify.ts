import { readFile } from 'node:fs/promises'
import { stderr, stdout } from 'node:process'
import { checkReceipt } from '../modules/payments/index.ts'
import { type Command, option, positional } from './command.ts'

/** `verify receipt FILE --keys KEYS`: whether a receipt was signed by the city whose public keys are given, without asking anybody. */
export const verifyCommand: Command = async ({ args }) => {
  const [what, file] = positional(args)
  const keys = option(args, 'keys')
  if (what !== 'receipt' || file === undefined || keys === null) {
    stderr.write('Usage: ./stoa verify receipt FILE --keys KEYS.json   (the keys are at /pay/receipts/keys.json of the city)\n')
    return 2
  }
  const [text, known] = await Promise.all([readFile(file, 'utf8'), readFile(keys, 'utf8')])
  const found = await checkReceipt(text, JSON.parse(known))
  stdout.write(
    found.genuine
      ? `This receipt is genuine.\n${JSON.stringify(found.receipt, null, 2)}\n`
      : `This receipt is not genuine: ${found.why}.\n`,
  )
  return found.genuine ? 0 : 1
}
