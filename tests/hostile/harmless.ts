import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { XMLValidator } from 'fast-xml-parser'

/** Fails when what was typed could be anything but words there. */
export function harmless(type: string, body: string, path: string): void {
  if (type.startsWith('application/json') || type.startsWith('application/geo+json')) return void JSON.parse(body)
  if (type.startsWith('text/csv')) {
    const rows: string[][] = parse(body, { bom: true })
    assert.ok(rows.length > 1, path)
    for (const cell of rows.flat())
      assert.ok(!/^[=+\-@\t\r]/.test(cell) || /^-?\d+(\.\d+)?$/.test(cell), `${path}: ${cell.slice(0, 60)} would be a formula`)
    return
  }
  // in a page or document every angle bracket of what was typed is written out
  assert.doesNotMatch(body, /<script>alert|<img src=x|<svg onload|<b>Wilma/i, path)
  if (type.includes('xml')) {
    assert.equal(XMLValidator.validate(body), true, path)
    assert.doesNotMatch(body, /&xxe;|<!DOCTYPE|<!ENTITY/, path)
  }
}
