// The parts of two untyped packages that the conformance tests use.
declare module 'jsonld' {
  const jsonld: { toRDF(document: unknown, options: { format: 'application/n-quads' }): Promise<unknown> }
  export default jsonld
}
declare module 'n3' {
  import type { DatasetCore, Quad } from '@rdfjs/types'
  export class Parser {
    constructor(options?: { format: 'N-Quads' })
    parse(text: string): Quad[]
  }
  export const Store: new (quads: Quad[]) => DatasetCore
}
