import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Problem } from '../../src/kernel/problem.ts'
import type { PlainDate } from '../../src/kernel/time.ts'
import {
  answerFix,
  endReport,
  fixReport,
  getReport,
  mergeReports,
  sendReport,
  unmergeReport,
} from '../../src/modules/reports/service/index.ts'
import { type Core, nobody, officer, refused, startCore, team } from './corestage.ts'

describe('a report ends', () => {
  let core: Core
  before(async () => {
    core = await startCore()
  })
  after(() => core.close())

  test('what was not fixed says why, and never that it was', async () => {
    const { board } = core
    const { report } = await core.withEmail('ended@mail.example')
    const own = officer('city_care')
    await assert.rejects(
      endReport(board, own, report.id, { outcome: 'not_ours', authority: 'unicorns' }),
      refused('reports.no-such-authority', 404),
    )
    await assert.rejects(
      endReport(board, own, report.id, { outcome: 'referred', programme: ' ', on: '2027-01-01' as PlainDate }),
      refused('reports.no-fact', 422),
    )
    await assert.rejects(
      endReport(board, own, report.id, { outcome: 'elsewhere', status: 'Closed' }),
      refused('reports.transition-not-allowed', 409),
    )
    const done = await endReport(board, own, report.id, { outcome: 'not_ours', authority: 'port_authority' }, 'On the quay.')
    assert.deepEqual([done.state, done.closure], ['closed', { outcome: 'not_ours', authority: 'port_authority' }])
    await core.app.settle()
    const mail = core.app.mails.findLast((each) => each.to === 'ended@mail.example')
    assert.match(mail?.text ?? '', /it was not fixed by us[^]*Port Authority/)
    assert.equal(await core.count(`reports.report where state = 'closed' and (outcome is null or closure is null)`), 0)
  })

  test('a row that ends without its fact, or with the fact of another ending, is refused by the table', async () => {
    const { report } = await sendReport(core.board, nobody, core.draft())
    const order = { kind: 'work_order', order: 'WO-1', on: '2026-03-02' }
    const as = (outcome: string, fact: object, said = outcome): [string, object] => [outcome, { outcome: said, ...fact }]
    const wrong = [
      as('no_action', { reason: 'nothing_found' }, 'withdrawn'),
      ['withdrawn', {}],
      ...[
        {},
        { evidence: {} },
        { evidence: { kind: 'photo', photo: '' } },
        { evidence: { ...order, order: ' ' } },
        { evidence: { ...order, on: null } },
      ].map((fact) => as('fixed', fact)),
      ...[{}, { authority: '' }].map((fact) => as('not_ours', fact)),
      ...[{}, { reason: '' }].map((fact) => as('no_action', fact)),
      ...[{}, { programme: 'Roads' }, { on: '2027-01-01' }, { programme: ' ', on: '2027-01-01' }].map((fact) => as('referred', fact)),
      ...[{}, { status: '' }].map((fact) => as('elsewhere', fact)),
      ...[{}, { of: null }, { of: '00000000-0000-7000-8000-000000000001' }].map((fact) => as('duplicate', fact)),
    ] as Array<[string, object]>
    const right = [
      as('withdrawn', {}),
      as('fixed', { evidence: { kind: 'photo', photo: 'p' } }),
      as('fixed', { evidence: order }),
      as('not_ours', { authority: 'port_authority' }),
      as('no_action', { reason: 'abuse' }),
      as('referred', { programme: 'Roads', on: '2027-01-01' }),
      as('elsewhere', { status: 'Closed' }),
      as('duplicate', { of: report.id }),
    ]
    const write = async ([outcome, closure]: [string, object]): Promise<void> => {
      const client = await core.pool.connect()
      try {
        await client.query('begin')
        await client.query(
          `update reports.report set state = 'closed', outcome = $2, closure = $3, ended_at = now(), confirmed_by = $4, merged_into = $5 where id = $1`,
          [report.id, outcome, closure, outcome === 'fixed' ? 'silence' : null, outcome === 'duplicate' ? report.id : null],
        )
      } finally {
        await client.query('rollback')
        client.release()
      }
    }
    for (const row of right) await write(row)
    for (const row of wrong) await assert.rejects(write(row), /violates check constraint/, JSON.stringify(row))
  })

  test('of two who merge in opposite directions at once, one does and the other is refused', async () => {
    const { board } = core
    for (let round = 0; round < 8; round += 1) {
      const one = await core.withEmail(`merge-${round}-a@mail.example`)
      const two = await core.withEmail(`merge-${round}-b@mail.example`)
      const tried = await Promise.allSettled([
        mergeReports(board, team, one.report.id, two.report.id),
        mergeReports(board, officer(null, '00000000-0000-7000-8000-00000000000b'), two.report.id, one.report.id),
      ])
      assert.deepEqual(tried.map((each) => each.status).toSorted(), ['fulfilled', 'rejected'])
      const failed = tried.find((each) => each.status === 'rejected')
      assert.equal(failed?.reason instanceof Problem && failed.reason.status, 409)
      const rows = [await getReport(board, one.report.id), await getReport(board, two.report.id)]
      assert.equal(rows.filter((row) => row.merged_into !== null).length, 1)
    }
  })

  test('a duplicate of a duplicate is one of the first; whoever reported it hears of that one', async () => {
    const { board } = core
    const [a, b, c] = [
      await core.withEmail('a@mail.example'),
      await core.withEmail('b@mail.example'),
      await core.withEmail('c@mail.example'),
    ]
    await mergeReports(board, team, c.report.id, b.report.id)
    await mergeReports(board, team, b.report.id, a.report.id)
    const third = await getReport(board, c.report.id)
    assert.deepEqual([third.merged_into, third.closure], [a.report.id, { outcome: 'duplicate', of: a.report.id }])
    const fourth = await core.withEmail('d@mail.example')
    assert.equal((await mergeReports(board, team, fourth.report.id, c.report.id)).merged_into, a.report.id)
    await assert.rejects(mergeReports(board, team, a.report.id, c.report.id), refused('reports.merged-meanwhile', 409))
    await fixReport(board, team, a.report.id, core.workOrder)
    await core.app.settle()
    for (const who of ['a', 'b', 'c', 'd'])
      assert.equal(core.app.mails.filter((mail) => mail.to === `${who}@mail.example` && /Is it fixed/.test(mail.subject)).length, 1, who)
    // with a link to their own report, where they can answer
    for (const each of [b, c]) {
      const mail = core.app.mails.find(({ text, subject }) => /Is it fixed/.test(subject) && text.includes(each.code))
      assert.ok(mail?.text.includes(`/reports/${each.report.reference}?code=${each.code}`))
    }
    // two reporters of duplicates are two who follow
    await answerFix(board, { code: b.code }, 'fixed')
    assert.equal((await answerFix(board, { code: c.code }, 'fixed')).confirmed_by, 'followers')
    const back = await unmergeReport(board, team, fourth.report.id)
    assert.deepEqual([back.state, back.outcome, back.merged_into, back.due_on], ['received', null, null, fourth.report.due_on])
  })
})
