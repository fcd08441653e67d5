import { serviceFile, type ServiceDefinition } from './schema.ts'

type Input = Record<string, unknown>

/** A small valid definition for tests; `over` replaces top-level keys. */
export function makeDefinition(over: Input = {}): ServiceDefinition {
  return serviceFile.parse({
    id: 'dog_licence',
    version: 1,
    status: 'draft',
    languages: ['en'],
    prefix: 'DOG',
    agency: 'animal_office',
    title: { en: 'Dog licence' },
    summary: { en: 'Register a dog.' },
    form: {
      pages: [
        {
          id: 'owner',
          title: { en: 'You' },
          questions: [makeQuestion('born', 'date'), makeQuestion('has_dog', 'yes_no')],
        },
        {
          id: 'dog',
          title: { en: 'Your dog' },
          when: 'has_dog',
          questions: [
            makeQuestion('dogs', 'integer', { min: 1, max: 20 }),
            makeQuestion('breed', 'text', { when: 'dogs > 1', required: false }),
          ],
        },
        { id: 'contact', title: { en: 'Contact' }, questions: [makeQuestion('email', 'email')] },
      ],
    },
    ...over,
  })
}

/** A question of a kind with a label in English; `more` adds keys. */
export function makeQuestion(id: string, kind: string, more: Input = {}): Input {
  return { id, kind, label: { en: id }, ...more }
}
