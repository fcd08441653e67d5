import { type Json, objectAt } from './json.ts'
import { type Notes, reportUnknown } from './notes.ts'

const words = ['titleEn', 'titleFr', 'descriptionEn', 'descriptionFr', 'description', 'validation', 'conditionalRules']
const placeholder = ['placeholderEn', 'placeholderFr']
const lists = ['choices', 'managedChoices', 'sortOrder']
const numbers = ['allowNegativeNumbers', 'stepCount', 'currencyCode', 'minValue', 'maxValue']

/** What an element's type knows beyond the words that all have; a type that nobody knows is read as a list when it has choices. */
const propertiesOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    richText: [],
    dynamicRow: [...placeholder, 'subElements', 'maxNumberOfRows', 'dynamicRow'],
    textField: [...placeholder, 'autoComplete'],
    textArea: placeholder,
    number: [...placeholder, ...numbers],
    numberInput: [...placeholder, ...numbers],
    date: [...placeholder, 'dateFormat'],
    formattedDate: [...placeholder, 'dateFormat'],
    fileInput: [...placeholder, 'fileType'],
    address: [...placeholder, 'addressComponents'],
    addressComplete: [...placeholder, 'addressComponents'],
    name: placeholder,
    firstMiddleLastName: placeholder,
    contact: placeholder,
  }),
)
const texts = ['required', 'minLength', 'maxLength', 'regex', 'descriptionEN', 'descriptionFR']
const validationOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    textField: [...texts, 'type'],
    textArea: texts,
    dynamicRow: ['required', 'maxNumberOfRows'],
    name: ['required', 'maxLength'],
    checkbox: ['required', 'all'],
  }),
)

/** Reports what an element says in properties and checks that its type does not know. */
export function reportProperties(properties: Json, type: string, path: string, notes: Notes): void {
  reportUnknown(notes, properties, [...words, ...(propertiesOf.get(type) ?? [...placeholder, ...lists])], path)
  reportUnknown(notes, objectAt(properties, 'validation'), validationOf.get(type) ?? ['required'], `${path}.validation`)
}
