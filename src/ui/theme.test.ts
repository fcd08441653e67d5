import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { contrast, makeScales, themeCss } from './theme.ts'

const colours = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`)

test('text reads on every surface of its own scale and on the page, for any city colour', () => {
  fc.assert(
    fc.property(colours, fc.constantFrom('light' as const, 'dark' as const), (colour, scheme) => {
      const scales = makeScales(colour, scheme)
      for (const [role, scale] of Object.entries(scales)) {
        const grounds = [
          scale['background-default'],
          scale['background-tinted'],
          scale['surface-default'],
          scale['surface-tinted'],
          scale['surface-hover'],
          scale['surface-active'],
          scales.neutral['background-default'],
          scales.neutral['surface-default'],
        ]
        for (const ground of grounds) {
          for (const text of [scale['text-subtle'], scale['text-default']]) {
            assert.ok(contrast(text, ground) >= 4.5, `${colour} ${scheme} ${role}: ${text} on ${ground}`)
          }
        }
        for (const base of [scale['base-default'], scale['base-hover'], scale['base-active']]) {
          assert.ok(contrast(scale['base-contrast-default'], base) >= 4.5, `${colour} ${scheme} ${role}: ${base}`)
        }
        for (const ground of [scale['surface-tinted'], scales.neutral['surface-default']]) {
          assert.ok(contrast(scale['border-default'], ground) >= 3, `${colour} ${scheme} ${role}: border`)
        }
      }
      for (const ground of [
        scales.accent['surface-tinted'],
        scales.accent['background-tinted'],
        scales.neutral['surface-tinted'],
        scales.danger['surface-tinted'],
      ]) {
        assert.ok(contrast(scales.neutral['text-default'], ground) >= 4.5, `${colour} ${scheme}: neutral on ${ground}`)
        assert.ok(contrast(scales.neutral['text-subtle'], ground) >= 4.5, `${colour} ${scheme}: subtle on ${ground}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('the same colour makes the same theme, with light and dark', () => {
  const css = themeCss('#0b5d7a')
  assert.equal(css, themeCss('#0b5d7a'))
  assert.match(css, /--ds-color-accent-base-default:#0b5d7a/)
  assert.match(css, /prefers-color-scheme:dark/)
})
