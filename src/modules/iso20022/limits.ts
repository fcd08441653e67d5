/** Limits of a message; what is over is refused. What is not said has a default. */
export type Limits = {
  /** Bytes of the whole message; 256 MB. */
  readonly bytes?: number
  /** How deep elements may stand in one another; 32. */
  readonly depth?: number
  /** Characters of a text, and of a tag, comment or the like; 65,536. */
  readonly text?: number
  /** Elements that are held at once, of an entry or of what stands above the entries; 200,000. */
  readonly elements?: number
  /** Entries of the whole message; 1,000,000. */
  readonly entries?: number
  /** Transactions of one entry, or payments of one order; 100,000. */
  readonly details?: number
}

/** The limits in force: the default for each that was not said. */
export function limitsOf(limits: Limits = {}): Required<Limits> {
  return { bytes: 256 << 20, depth: 32, text: 65_536, elements: 200_000, entries: 1_000_000, details: 100_000, ...limits }
}
