import type { Check } from './checked.js'
import { elasticsearchNotRoot, kernelLimits } from './kernel.js'
import { nameResolves, portsFree } from './network.js'
import { dataWritable, homeLocal, homeWritable, socketPathsFit, spaceForArtifacts } from './place.js'
import { otherRunUser } from './run-user.js'
import { componentsPresent, javaPresent, nodeFits, releaseAtHand, settingsAtHand, toolsPresent } from './software.js'

/** What is looked at on every host before anything changes. */
export const checks: readonly Check[] = [
  homeWritable,
  dataWritable,
  homeLocal,
  toolsPresent,
  nodeFits,
  javaPresent,
  elasticsearchNotRoot,
  kernelLimits,
  componentsPresent,
  releaseAtHand,
  settingsAtHand,
  spaceForArtifacts,
  socketPathsFit,
  nameResolves,
  portsFree,
  ({ host, facts }) => otherRunUser(host, facts),
]
