import type { Module } from '../../platform/module.ts'
import { peopleEvents } from './events.ts'
import { wrappedPersonKeys } from './store.ts'

/** The vault: persons and their sealed records. */
export const people: Module = { name: 'people', uses: ['access'], events: peopleEvents, migrations: true, wrapped: [wrappedPersonKeys] }
