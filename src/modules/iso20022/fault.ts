/** What kind of fault a message has; stable, for words in the reader's language. */
export type FaultCode =
  | 'xml'
  | 'encoding'
  | 'forbidden'
  | 'limit'
  | 'namespace'
  | 'element'
  | 'attribute'
  | 'value'
  | 'missing'
  | 'currency'
  | 'decimals'
  | 'balance'
  | 'totals'
  | 'rule'
  | 'schema'

/** A fault in a message: line and column counted from 1, the elements it is in, and what is wrong without values of persons. */
export type Fault = {
  readonly code: FaultCode
  readonly line: number
  readonly column: number
  readonly path: string
  readonly detail: string
}

/** Thrown by readers at the first fault: nothing of such a message may be kept. */
export class MessageFault extends Error {
  readonly fault: Fault

  /** Wraps a fault. */
  constructor(fault: Fault) {
    super(`${fault.code} at ${fault.line}:${fault.column} in ${fault.path || 'the document'}: ${fault.detail}`)
    this.name = 'MessageFault'
    this.fault = fault
  }
}
