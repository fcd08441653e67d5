import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { reportStates } from '../report.ts'
import { type ActKind, actKinds, completeAct, movedSince, readAct, type Seen, whyNot } from './act.ts'

const day = (text: string): PlainDate => parsePlainDate(text) ?? assert.fail(text)
const today = day('2026-05-04')
const known = { authority: (id: string) => id === 'harbour', crew: (id: string) => ['roads_day', 'lighting'].includes(id) }
const sent = (own: Record<string, string>): Record<string, string> => ({
  id: '0190b3e0-0000-7000-8000-000000000001',
  report: 'RPT-0000-0000',
  act: 'done',
  seen_revision: '3',
  seen_state: 'assigned',
  seen_crew: 'roads_day',
  seen_reopened: '0',
  'on-day': '4',
  'on-month': '5',
  'on-year': '2026',
  ...own,
})

/** What is missing of a form; null when it is complete. */
function lacks(own: Record<string, string>, photo = false): string | null {
  const typed = readAct(sent(own)) ?? assert.fail('it is read')
  return completeAct(typed, { today, known, photo }).issue?.key ?? null
}

test('only a message that names an act and a report is one', () => {
  assert.ok(readAct(sent({})))
  const unread: Array<Record<string, string>> = [
    { id: 'x' },
    { act: 'burn' },
    { report: 'RPT-0000-0001' },
    { seen_state: 'lost' },
    { seen_revision: 'NaN' },
    { seen_reopened: '1e400' },
  ]
  for (const own of unread) assert.equal(readAct(sent(own)), null, JSON.stringify(own))
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...Object.keys(sent({}))), fc.string()), (form) => void readAct(form)))
})

test('done needs a photo, or a work order with a day that has come', () => {
  assert.equal(lacks({}), 'evidence_needed')
  assert.equal(lacks({}, true), null)
  assert.equal(lacks({ order: 'WO-17' }), null)
  assert.equal(lacks({ order: 'WO-17', 'on-day': '5' }), 'day_to_come')
  assert.equal(lacks({ order: 'WO-17', 'on-day': '31', 'on-month': '2' }), 'day_needed')
  assert.equal(lacks({ order: '   ' }), 'evidence_needed')
})

test('what cannot be done needs its reason, and the reason its fact', () => {
  const cannot = (own: Record<string, string>): string | null => lacks({ act: 'cannot', ...own })
  assert.equal(cannot({}), 'why_needed')
  assert.equal(cannot({ why: 'abuse' }), 'why_needed')
  for (const why of whyNot.filter((each) => !['not_ours', 'duplicate', 'referred'].includes(each))) assert.equal(cannot({ why }), null)
  assert.equal(cannot({ why: 'not_ours', authority: 'nobody' }), 'authority_needed')
  assert.equal(cannot({ why: 'not_ours', authority: 'harbour' }), null)
  assert.equal(cannot({ why: 'duplicate', of: 'RPT-0000-0001' }), 'of_needed')
  assert.equal(cannot({ why: 'duplicate', of: 'RPT-0000-0000' }), 'of_needed', 'not of itself')
  assert.equal(cannot({ why: 'referred' }), 'programme_needed')
  assert.equal(cannot({ why: 'referred', programme: 'Paving 2027', 'on-day': '3' }), 'programme_day_needed')
  assert.equal(cannot({ why: 'referred', programme: 'Paving 2027', 'on-year': '2027' }), null)
})

test('another crew is one that there is, and not the same; a line has words', () => {
  assert.equal(lacks({ act: 'other_crew', crew: 'ghosts' }), 'crew_needed')
  assert.equal(lacks({ act: 'other_crew', crew: 'roads_day' }), 'crew_same')
  assert.equal(lacks({ act: 'other_crew', crew: 'lighting' }), null)
  assert.equal(lacks({ act: 'note', text: ' \n ' }), 'note_needed')
  assert.equal(lacks({ act: 'note', text: 'Came by at nine.' }), null)
  assert.equal(lacks({ act: 'started' }), null)
})

const crew = fc.constantFrom('roads_day', 'lighting', null)
const standing = fc.record({ revision: fc.nat(9), state: fc.constantFrom(...reportStates), crew, reopened: fc.nat(2) })

test('an act fits only a report that is still at work with the same crew in the same round; words fit always', () => {
  const now: Seen = { revision: 9, state: 'assigned', crew: 'roads_day', reopened: 0 }
  const seen: Seen = { ...now, revision: 3 }
  const moved = (kind: ActKind, own: Partial<Seen>): string | null => movedSince(kind, seen, { ...now, ...own })
  assert.equal(moved('done', {}), null, 'somebody joined')
  assert.equal(moved('done', { state: 'in_progress' }), null, 'the crew began')
  assert.equal(moved('done', { state: 'checking' }), 'ended')
  assert.equal(moved('cannot', { state: 'closed' }), 'ended')
  assert.equal(moved('started', { state: 'received', crew: null }), 'at_desk')
  assert.equal(moved('done', { crew: 'lighting' }), 'other_crew')
  assert.equal(moved('done', { reopened: 1 }), 'reopened')
  fc.assert(
    fc.property(fc.constantFrom(...actKinds), standing, standing, (kind, before, after) => {
      const fits =
        kind === 'note' ||
        (['assigned', 'in_progress'].includes(after.state) && after.crew === before.crew && after.reopened === before.reopened)
      assert.equal(movedSince(kind, before, after) === null, fits)
    }),
  )
})
