import type { RouteModule } from '../../../platform/http/routes.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Treasury } from '../treasury.ts'
import { approvalRoutes } from './approvalroutes.ts'
import { billRoutes } from './billroutes.ts'
import { itemRoutes } from './itemroutes.ts'
import { listRoutes } from './listroutes.ts'

/** The officers' pages of money: the dashboard, bills, their story and acts, approvals, and what somebody has to look at. */
export function deskRoutes(treasury: Treasury, pages: Pages): RouteModule {
  const parts = { treasury, pages }
  return (app) => {
    listRoutes(parts)(app)
    billRoutes(parts)(app)
    approvalRoutes(parts)(app)
    itemRoutes(parts)(app)
  }
}
