import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const keys = { AWS_ACCESS_KEY_ID: 'EXAMPLEKEYID', AWS_SECRET_ACCESS_KEY: 'example-secret-of-no-account' }

function fault(env: Record<string, string>): string {
  try {
    readConfig(env, '/nowhere')
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

describe('the settings of files', () => {
  test('are the local disk unless a bucket is set', () => {
    assert.equal(readConfig(keys, '/nowhere').s3, undefined)
    const { s3 } = readConfig({ ...keys, FILES_URL: 's3://stoa/city' }, '/nowhere')
    assert.deepEqual([s3?.bucket, s3?.prefix, s3?.accessKeyId], ['stoa', 'city', keys.AWS_ACCESS_KEY_ID])
  })
  test('need the key of the bucket, and say so together with other faults', () => {
    const text = fault({ FILES_URL: 's3://stoa', PORT: 'none' })
    for (const name of ['PORT', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) assert.match(text, new RegExp(`^  ${name}: `, 'm'))
  })
  test('that are faulty are named without the secret', () => {
    assert.match(fault({ ...keys, FILES_URL: 'ftp://stoa' }), /FILES_URL: must begin with s3:/)
    const text = fault({ ...keys, FILES_URL: `s3://${keys.AWS_ACCESS_KEY_ID}:${keys.AWS_SECRET_ACCESS_KEY}@stoa` })
    assert.match(text, /FILES_URL: /)
    assert.ok(!text.includes(keys.AWS_SECRET_ACCESS_KEY))
  })
})

describe('the settings of payments', () => {
  const provider = {
    PAY_PROVIDER: 'harbourbank',
    PAY_URL: 'https://pay.example/',
    PAY_KEY: 'key',
    PAY_WEBHOOK_SECRET: 'whsec_AAAAAAAAAAAAAAAA',
  }
  test('are nobody unless a provider is set, and then all that it needs', () => {
    assert.deepEqual([readConfig({}, '/nowhere').pay, readConfig({}, '/nowhere').payGiven], [undefined, false])
    assert.deepEqual(
      [readConfig({ PAY_PROVIDER: 'none' }, '/nowhere').pay, readConfig({ PAY_PROVIDER: 'none' }, '/nowhere').payGiven],
      [undefined, true],
    )
    const { pay } = readConfig(provider, '/nowhere')
    assert.deepEqual(pay, { provider: 'harbourbank', url: 'https://pay.example', key: 'key', webhookSecret: 'whsec_AAAAAAAAAAAAAAAA' })
    const text = fault({ PAY_PROVIDER: 'harbourbank' })
    for (const name of ['PAY_URL', 'PAY_KEY', 'PAY_WEBHOOK_SECRET']) assert.match(text, new RegExp(`^  ${name}: `, 'm'))
    assert.doesNotMatch(fault({ PAY_PROVIDER: 'stripe' }), /PAY_URL/)
    assert.match(fault({ PAY_PROVIDER: 'other' }), /^  PAY_PROVIDER: /m)
  })
  test('that are faulty are named without the secret', () => {
    const text = fault({ ...provider, PAY_KEY: 'two words of a secret', PAY_URL: 'nonsense', PAY_WEBHOOK_SECRET: 'hush-hush' })
    for (const name of ['PAY_URL', 'PAY_KEY', 'PAY_WEBHOOK_SECRET']) assert.match(text, new RegExp(`^  ${name}: `, 'm'))
    assert.ok(!text.includes('two words') && !text.includes('hush'))
  })
  test('put the sandbox bank beside the program, on a port of its own', () => {
    const at = (env: Record<string, string>) => readConfig(env, '/nowhere').bank
    assert.deepEqual(at({ PORT: '9000', DATA_DIR: '/data' }), {
      port: 9001,
      portGiven: false,
      dir: '/data/bank',
      webhookUrl: 'http://localhost:9000/pay/webhooks/harbourbank',
    })
    assert.deepEqual([at({ PORT: '65535' }).port, at({ PORT: '0' }).port, at({ BANK_PORT: '7', PORT: '9' }).port], [0, 0, 7])
  })
})

describe('the public origin', () => {
  test('that is none is a fault like others', () => {
    for (const text of ['nonsense', 'ftp://city.example', 'https://city.example/path'])
      assert.match(fault({ PUBLIC_ORIGIN: text }), /^  PUBLIC_ORIGIN: /m, text)
  })
})

describe('the demo', () => {
  test('is there only on this machine, on a database of its own', () => {
    const server = 'postgres://city@db.example/city'
    const cases: ReadonlyArray<readonly [HOST: string | undefined, DATABASE_URL: string | undefined, demo: boolean]> = [
      [undefined, undefined, true],
      ['127.0.0.1', undefined, true],
      ['::1', undefined, true],
      ['localhost', undefined, true],
      ['0.0.0.0', undefined, false],
      ['::', undefined, false],
      ['127.0.0.2', undefined, false],
      ['192.0.2.1', undefined, false],
      ['services.city.example', undefined, false],
      ['localhost.city.example', undefined, false],
      [undefined, server, false],
      ['127.0.0.1', server, false],
      ['::1', server, false],
      ['localhost', server, false],
      ['0.0.0.0', server, false],
    ]
    for (const [HOST, DATABASE_URL, demo] of cases) {
      const config = readConfig({ HOST, DATABASE_URL }, '/nowhere')
      assert.deepEqual([config.demo, config.drafts, config.logLevel], [demo, demo, demo ? 'warn' : 'info'], `${HOST} ${DATABASE_URL}`)
    }
  })
})
