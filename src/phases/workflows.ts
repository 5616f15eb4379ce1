import type { PhaseDefinition } from '../plan/context.js'
import type { Plan } from '../plan/plan.js'
import { balance } from './balance.js'
import { configure } from './configure.js'
import { prune } from './prune.js'
import { stage } from './stage.js'
import { awaitReady, startCoordinator, startOthers } from './start.js'
import { stopBalancer, stopCoordinator, stopOthers, stopOutdatedCoordinator, stopOutdatedOthers } from './stop.js'

/** What a deployment is. To change it, change these lists. */
export const workflows = {
  up: [
    stage,
    stopOutdatedOthers,
    stopOutdatedCoordinator,
    configure,
    startCoordinator,
    startOthers,
    awaitReady,
    balance,
    prune,
  ],
  down: [stopBalancer, stopOthers, stopCoordinator],
} satisfies Record<Plan['workflow'], readonly PhaseDefinition[]>
