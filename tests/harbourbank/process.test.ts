import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type BankBeside, bankBeside } from '../../src/harbourbank/index.ts'
import { root } from '../support/app.ts'
import { payByWallet } from '../support/payer.ts'
import { freePort } from '../support/port.ts'
import { callBank, plainAsk } from './stage.ts'

let dir: string
let env: Record<string, string>
const running = new Set<BankBeside>()

const start = async (more: { webhookUrl?: string } = {}): Promise<BankBeside> => {
  const webhookUrl = more.webhookUrl ?? 'http://127.0.0.1:9/hooks'
  const argv = [join(root, 'src/main.ts'), 'bank']
  const bank = await bankBeside({ dir, webhookUrl, argv, env: { ...env, BANK_WEBHOOK_URL: webhookUrl } })
  running.add(bank)
  return bank
}

/** Ends a bank as a power cut of its process would, and waits until it is gone. */
async function killNow(bank: BankBeside): Promise<void> {
  process.kill(bank.pid, 'SIGKILL')
  for (let alive = true; alive;) {
    await new Promise((done) => setTimeout(done, 10))
    try {
      process.kill(bank.pid, 0)
    } catch {
      alive = false
    }
  }
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'harbourbank-process-'))
  env = { PATH: process.env['PATH'] ?? '', DATA_DIR: dir, BANK_DIR: dir, BANK_PORT: String(await freePort()), CITY_DIR: join(root, 'city') }
})
after(async () => {
  for (const bank of running) await bank.stop()
  await rm(dir, { recursive: true, force: true })
})

describe('the bank in a process of its own', () => {
  test('loses nothing that it acknowledged when it is killed, and does nothing twice', async () => {
    type Kept = { key: string; reference: string; text: string }
    const kept: Kept[] = []
    const refused: string[] = []
    const paid = new Map<string, boolean>()
    let unanswered = 0
    for (let round = 0; round < 3; round += 1) {
      const bank = await start()
      assert.equal(bank.how, 'started')
      const stop = new AbortController()
      const client = async (name: number): Promise<void> => {
        for (let i = 0; !stop.signal.aborted; i += 1) {
          const [key, reference] = [randomUUID(), `r${round}.${name}.${i}`]
          try {
            const { status, told, text } = await callBank(bank, 'POST', '/v1/payments', { ...plainAsk, reference }, key)
            if (status !== 201) refused.push(text)
            kept.push({ key, reference, text })
            paid.set(told.id, false)
            if ((await payByWallet(told.pay_url)) === plainAsk.return_url) paid.set(told.id, true)
          } catch {
            unanswered += 1 // killed meanwhile: whether it was done is not known
          }
        }
      }
      const clients = [0, 1, 2, 3].map(client)
      await new Promise((done) => setTimeout(done, 300 + round * 170))
      await killNow(bank)
      stop.abort()
      await Promise.all(clients)
    }
    assert.deepEqual(refused, [])
    assert.ok(kept.length > 20, `${kept.length} payments were begun`)
    assert.ok([...paid.values()].some(Boolean))
    assert.ok(unanswered > 0, 'the bank was killed while it was asked')
    const bank = await start()
    for (const { key, reference, text } of kept) {
      const again = await callBank(bank, 'POST', '/v1/payments', { ...plainAsk, reference }, key)
      assert.deepEqual([again.status, again.text], [201, text])
      assert.equal((await callBank(bank, 'GET', `/v1/payments?reference=${reference}`)).told.payments.length, 1)
    }
    let captured = 0n
    for (const [id, done] of paid) {
      const { told } = await callBank(bank, 'GET', `/v1/payments/${id}`)
      if (done) assert.equal(told.state, 'captured', 'what the payer was told is so')
      captured += BigInt(told.captured)
    }
    await callBank(bank, 'POST', '/office/close-day')
    const { told } = await callBank(bank, 'GET', '/v1/settlements?from=2020-01-01&to=2099-12-31')
    assert.equal(
      told.settlements.reduce((sum, each) => sum + BigInt(each.gross), 0n),
      captured,
    )
    await bank.stop()
  })

  test('is adopted by the next program, and ended by it', async () => {
    const first = await start()
    const second = await start()
    assert.deepEqual([second.how, second.pid, second.url, second.key], ['adopted', first.pid, first.url, first.key])
    await second.stop()
    await assert.rejects(fetch(`${first.url}/healthz`))
    await first.stop() // already gone: that is fine
  })

  test('is started anew when its webhooks should go elsewhere', async () => {
    const first = await start()
    const second = await start({ webhookUrl: 'http://127.0.0.1:10/hooks' })
    assert.equal(second.how, 'started')
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.key, first.key)
    await second.stop()
  })

  test('that cannot start says why', async () => {
    const bank = await start()
    const other = await mkdtemp(join(tmpdir(), 'harbourbank-other-'))
    await assert.rejects(
      bankBeside({
        dir: other,
        webhookUrl: 'http://127.0.0.1:9/',
        argv: [join(root, 'src/main.ts'), 'bank'],
        env: { ...env, BANK_DIR: other },
      }),
      /Port \d+ is taken by another program/,
    )
    await bank.stop()
    await rm(other, { recursive: true, force: true })
  })
})
