import type { ProblemCode } from '../../catalogue/catalogue.js'
import { type Check, type Find, notes, stops, warns } from './checked.js'
import { javaNewEnough, javaOldEnough, javaPresent, javaTried } from './java.js'
import {
  addressSpaceFree,
  elasticsearchNotRoot,
  enoughFiles,
  enoughMaps,
  enoughThreads,
  hugePagesOnDemand,
  memoryLockable,
  outlivesSession,
  swapOff,
  temporaryRuns,
} from './kernel.js'
import { heapFits, memoryFits, workerFits } from './memory.js'
import {
  addressIsLocal,
  hostnameNotLoopback,
  hostnameResolves,
  nameNotLoopback,
  nameResolves,
  namesAgree,
  peersResolve,
} from './names.js'
import { portsFree } from './network.js'
import { nodeFits, nodeThere, runtimeFits } from './node.js'
import {
  dataLocal,
  dataWritable,
  disksNotFull,
  disksWritable,
  homeLocal,
  homeRuns,
  homeWritable,
  roomToGrow,
  socketPathsFit,
  spaceForArtifacts,
} from './place.js'
import { keptByAnother, otherRunUser } from './run-user.js'
import { componentsPresent, releaseAtHand, settingsAtHand, toolsPresent } from './software.js'
import { allSeen } from './unseen.js'

/** What is looked at on every host before anything changes, in the order in which it is told. */
export const hostChecks = {
  'home-not-writable': stops(homeWritable),
  'data-not-writable': stops(dataWritable),
  'disk-read-only': stops(disksWritable),
  'home-on-network': stops(homeLocal),
  'home-noexec': stops(homeRuns),
  'home-path-too-long': stops(socketPathsFit),
  'no-space': stops(spaceForArtifacts),
  'disk-full': stops(disksNotFull),
  'tool-missing': stops(toolsPresent),
  'node-missing': stops(nodeThere),
  'node-unsuitable': stops(nodeFits),
  'runtime-unsuitable': stops(runtimeFits),
  'java-missing': stops(javaPresent),
  'java-too-old': stops(javaNewEnough),
  'java-too-new': stops(javaOldEnough),
  'component-missing': stops(componentsPresent),
  'release-not-at-hand': stops(releaseAtHand),
  'settings-not-at-hand': stops(settingsAtHand),
  'elasticsearch-as-root': stops(elasticsearchNotRoot),
  'max-map-count-low': stops(enoughMaps),
  'open-files-low': stops(enoughFiles),
  'threads-low': stops(enoughThreads),
  'memory-not-locked': stops(memoryLockable),
  'address-space-low': stops(addressSpaceFree),
  'heap-larger-than-memory': stops(heapFits),
  'killed-at-logout': stops(outlivesSession),
  'own-name-unknown': stops(nameResolves),
  'address-not-local': stops(addressIsLocal),
  'name-is-loopback': stops(nameNotLoopback),
  'name-not-found-there': stops(peersResolve),
  'hostname-unknown': stops(hostnameResolves),
  'port-taken': stops(portsFree),
  'kept-by-another-user': stops(({ host, facts }) => keptByAnother(host, facts)),
  'runs-as-another-user': warns(({ host, facts }) => otherRunUser(host, facts)),
  'java-untried': warns(javaTried),
  'memory-low': warns(memoryFits),
  'room-low': warns(roomToGrow),
  'data-on-network': warns(dataLocal),
  'temporary-noexec': warns(temporaryRuns),
  'name-differs': warns(namesAgree),
  'worker-too-large': notes(workerFits),
  'swap-on': notes(swapOff),
  'huge-pages-always': notes(hugePagesOnDemand),
  'hostname-is-loopback': notes(hostnameNotLoopback),
  'not-looked-at': notes(allSeen),
} satisfies Partial<Record<ProblemCode, Check<Find>>>
