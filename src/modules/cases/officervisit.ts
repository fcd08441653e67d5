import type { FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { type Actor, isStaff } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import type { House } from './house.ts'

/** Who works here; throws 401 for nobody, 403 for everybody else. */
export function officerOf(house: House, request: FastifyRequest): Actor {
  const { actor } = visitOf(house.platform, request)
  if (isStaff(actor)) return actor
  if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}
