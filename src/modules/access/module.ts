import type { Module } from '../../platform/module.ts'

/** Who may do what. */
export const access: Module = { name: 'access', uses: [] }
