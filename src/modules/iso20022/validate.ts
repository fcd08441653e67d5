import { type ErrorDetail, ParseOption, XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm'
import type { Fault } from './fault.ts'

/** Says no to documents of more than this: what is built in memory is about eight times as large. */
const MOST_BYTES = 256 << 20

const MOST_FAULTS = 100

/** A validator for the bytes of an .xsd; throws when they are no schema. To be disposed of. */
export function compile(xsd: Uint8Array): XsdValidator {
  const document = XmlDocument.fromBuffer(xsd, { option: ParseOption.XML_PARSE_NO_XXE })
  try {
    return XsdValidator.fromDoc(document)
  } finally {
    document.dispose()
  }
}

/** The faults of a document against a schema, at most a hundred; what it needs of memory is free again afterwards. */
export function faultsOf(validator: XsdValidator, bytes: Uint8Array): Fault[] {
  if (bytes.length > MOST_BYTES) return [said('limit', `the document is longer than ${MOST_BYTES} bytes`)]
  // A document type could make a small document large before anything is known of it.
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('<!DOCTYPE'))
    return [said('forbidden', 'a document type is not allowed')]
  let document: XmlDocument | null = null
  try {
    document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES })
    validator.validate(document)
    return []
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error
    const code = document ? 'schema' : 'xml'
    const details: readonly ErrorDetail[] = error.details
    if (details.length === 0) return [said(code, error.message)]
    return details.slice(0, MOST_FAULTS).map((each) => ({ ...said(code, withoutValues(each.message)), line: each.line, column: each.col }))
  } finally {
    document?.dispose()
  }
}

function said(code: Fault['code'], detail: string): Fault {
  return { code, line: 1, column: 1, path: '', detail }
}

/** What libxml2 says, without the namespaces and without the values, which may be a person's. */
function withoutValues(message: string): string {
  return message
    .replaceAll(/\{urn:[^}]*\}/g, '')
    .replaceAll(/(\[facet '\w+'\] )?The value '[^]*?' (?=has|is|does)/g, 'The value ')
    .replaceAll(/^(Element '\w+'[^:]*: )'[^]*' is not/g, '$1The value is not')
    .trim()
}
