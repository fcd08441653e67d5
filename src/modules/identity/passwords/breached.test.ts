import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAboutThem, isBreached } from './breached.ts'

test('passwords of breaches are known, whatever the case of their letters', () => {
  for (const known of ['123qweasdzxc', '1qaz2wsx3edc', 'Q1W2E3R4T5Y6', 'unbelievable', 'liverpool123'])
    assert.equal(isBreached(known), true, known)
})

test('a password drawn at random is not', () => {
  const drawn = fc.string({ minLength: 16, maxLength: 40, unit: fc.constantFrom(...'abcdefghjkmnpqrstvwxyz0123456789') })
  fc.assert(fc.property(drawn, (password) => !isBreached(password)))
  assert.equal(isBreached('harbour-lantern-2026'), false)
})

test('the first and the last of the list are found', async () => {
  const { readFileSync } = await import('node:fs')
  const list = readFileSync(new URL('./breached.bin', import.meta.url))
  assert.equal(list.length % 5, 0)
  assert.ok(list.length / 5 > 3000, 'ASVS asks for the 3,000 most used at least')
  for (let at = 5; at < list.length; at += 5) assert.ok(list.compare(list, at - 5, at, at, at + 5) > 0, `sorted at ${at}`)
})

test('a password that is only the name, the address and the city is refused; one with words of its own is not', () => {
  const words = ['Robin Example', 'robin.example@harbourview.example', 'Harbourview']
  for (const poor of ['robinexample1', 'Harbourview-2026', 'example-robin-example', 'HARBOURVIEW!!'])
    assert.equal(isAboutThem(poor, words, 12), true, poor)
  for (const good of ['harbour-lantern-2026', 'robin likes quiet mornings', 'three green bicycles'])
    assert.equal(isAboutThem(good, words, 12), false, good)
})
