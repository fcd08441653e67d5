import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Suggestible, suggestCategories } from './suggest.ts'

const category = (id: string, names: [string, string, string], keywords: [string[], string[], string[]]): Suggestible => ({
  id,
  active: true,
  name: { en: names[0], es: names[1], ar: names[2] },
  summary: { en: 'Tell us where it is.', es: 'Díganos dónde está.', ar: 'أخبرنا أين هو.' },
  keywords: { en: keywords[0], es: keywords[1], ar: keywords[2] },
})

const categories: readonly Suggestible[] = [
  category('pothole', ['Pothole', 'Bache', 'حفرة في الطريق'], [['hole', 'road surface', 'asphalt'], ['hoyo', 'socavón', 'asfalto'], ['حفر', 'أسفلت']]),
  category('street_light', ['Street light out', 'Farola apagada', 'إنارة شارع معطلة'], [['lamp', 'dark', 'lantern'], ['luz', 'alumbrado', 'oscuro'], ['عمود', 'مصباح', 'ظلام']]),
  category('dumped_rubbish', ['Dumped rubbish', 'Basura abandonada', 'نفايات ملقاة'], [['fly tipping', 'trash', 'garbage'], ['vertido', 'residuos'], ['قمامة', 'زبالة']]),
  category('graffiti', ['Graffiti', 'Pintada', 'كتابة على الجدران'], [['spray', 'paint', 'wall'], ['grafiti', 'pared'], ['رسم', 'جدار']]),
] // prettier-ignore

const first = (typed: string, locale: string): string | undefined => suggestCategories(categories, typed, locale)[0]

const cases: readonly (readonly [locale: string, typed: string, id: string])[] = [
  ['en', 'There is a huge hole in the road in front of my house', 'pothole'],
  ['en', 'POTHOLES', 'pothole'],
  ['en', 'pothloe', 'pothole'],
  ['en', 'the lamp does not work and it is very dark', 'street_light'],
  ['en', 'grafitti on the wall', 'graffiti'],
  ['en', 'garb', 'dumped_rubbish'],
  ['es', 'Hay un socavon enorme en la calle', 'pothole'],
  ['es', 'BACHES', 'pothole'],
  ['es', 'la farola está apagada', 'street_light'],
  ['es', 'alumbrdo', 'street_light'],
  ['es', 'bassura tirada', 'dumped_rubbish'],
  ['es', 'pothole', 'pothole'],
  ['ar', 'حفره كبيرة', 'pothole'],
  ['ar', 'يوجد الكثير من القمامة أمام البيت', 'dumped_rubbish'],
  ['ar', 'إناره معطله', 'street_light'],
  ['ar', 'اسفلت', 'pothole'],
  ['ar', 'والمصباح', 'street_light'],
  ['ar', 'graffiti', 'graffiti'],
]
for (const [locale, typed, id] of cases) test(`${locale}: "${typed}" is ${id}`, () => assert.equal(first(typed, locale), id))

test('nonsense, words without content and nothing at all suggest nothing', () => {
  for (const locale of ['en', 'es', 'ar', 'fr']) {
    for (const typed of ['', '   ', 'xqzvwk plmhgf', '12345', 'it is the one with', '???', '🕳️']) {
      assert.deepEqual(suggestCategories(categories, typed, locale), [], `${locale}: ${typed}`)
    }
  }
})

test('at most as many as asked for, and none that cannot be reported now', () => {
  assert.equal(suggestCategories(categories, 'hole lamp trash graffiti', 'en', 2).length, 2)
  assert.deepEqual(suggestCategories(categories, 'hole', 'en', 0), [])
  const closed = categories.map((each) => (each.id === 'pothole' ? { ...each, active: false } : each))
  assert.deepEqual(suggestCategories(closed, 'pothole', 'en'), [])
})
