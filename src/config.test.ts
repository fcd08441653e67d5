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
