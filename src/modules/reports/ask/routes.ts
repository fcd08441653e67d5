import type { RouteModule } from '../../../platform/http/routes.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Board } from '../service/index.ts'
import { describeRoutes } from './describe.ts'
import { sendRoutes } from './send.ts'
import { similarRoutes } from './similar.ts'
import { whatRoutes } from './what.ts'
import { whereRoutes } from './where.ts'

/** Reporting a problem: where, what, describing it, looking for the same one, sending. Works without a script. */
export function askRoutes(board: Board, pages: Pages): RouteModule {
  const parts = { board, pages }
  const all = [whereRoutes(parts), whatRoutes(parts), describeRoutes(parts), similarRoutes(parts), sendRoutes(parts)]
  return (app) => {
    for (const add of all) add(app)
  }
}
