import type { Facts, Place } from '../../cluster/facts.js'
import { longestSocket } from '../../trueno/layout.js'
import type { Artifact, Space } from '../../trueno/release.js'
import { artifactsFor, missingParts } from '../artifacts.js'
import type { Find, Finding } from './checked.js'
import { runsJava, runsRealElasticsearch } from './engines.js'

export const homeWritable: Find = ({ facts }) => {
  const { home } = facts
  return home.writable || home.readOnly ? [] : [notWritable(facts, home, 'home')]
}

export const dataWritable: Find = ({ host, facts }) => {
  const { home, data } = facts
  const isTold = data.readOnly || (!home.writable && isBelow(data, home))
  return data.writable || isTold || !host.member ? [] : [notWritable(facts, data, 'data')]
}

function notWritable(facts: Facts, { path, obstructed }: Facts['home'], key: 'home' | 'data'): Finding {
  const title = `${path} cannot be written to`
  if (obstructed)
    return {
      title,
      cause: 'a file is there, or in the place of a directory above it',
      remedy: `look whose it is and move it away, or name another directory with \`${key}\` in the inventory`,
    }
  return {
    title,
    cause: `user ${facts.user.name} cannot write there: no right to, or a read-only disk`,
    remedy: `give the directory to ${facts.user.name}, or name another with \`${key}\` in the inventory`,
  }
}

export const disksWritable: Find = ({ host, facts }) =>
  placesOf(host.member, facts)
    .filter(({ place }) => place.readOnly)
    .map(({ key, place }) => ({
      title: 'the disk is read-only',
      cause: `${place.path} is on a file system (${place.filesystem}) that is mounted read-only; the kernel does so by itself when a disk fails`,
      remedy: `look into \`dmesg\` there and mount it writable, or name another directory with \`${key}\` in the inventory`,
    }))

/** Neither a log nor a record of ours could be written. What staging needs is told by another check. */
export const disksNotFull: Find = (checked) => {
  const { host, facts } = checked
  const full = placesOf(host.member, facts).filter(({ place }) => isFull(place))
  if (full.length === 0 || spaceForArtifacts(checked).length > 0) return []
  return [
    {
      title: 'the disk is full',
      cause: full
        .map(({ place: { path, freeKiB, freeFiles } }) =>
          freeKiB < fewKiB ? `${freeKiB} KiB are free for ${path}` : `${freeFiles} files can still be made in ${path}`,
        )
        .join('; '),
      remedy: 'free space there, or name another directory in the inventory',
    },
  ]
}

/** Blocks of the few files that a start writes. */
const fewKiB = 256
const fewFiles = 16

function isFull({ sizeKiB, freeKiB, freeFiles }: Place): boolean {
  return sizeKiB > 0 && (freeKiB < fewKiB || (freeFiles !== null && freeFiles < fewFiles))
}

export const homeRuns: Find = ({ facts: { home } }) => {
  if (!home.noExec) return []
  return [
    {
      title: 'nothing may be run from the home directory',
      cause: `${home.path} is on a file system that is mounted noexec, and Node and the engines are run from there`,
      remedy: 'name a directory elsewhere with `home` in the inventory, or mount it without noexec',
    },
  ]
}

const networkFilesystems = /^(?:nfs\d?|cifs|smb\w*|fuse\.sshfs|9p|ceph|glusterfs|lustre|afs)$/

export const homeLocal: Find = ({ facts: { home } }) => {
  if (!networkFilesystems.test(home.filesystem)) return []
  return [
    {
      title: 'the home directory is on a network file system',
      cause: `${home.path} is on ${home.filesystem}; each host needs a directory of its own`,
      remedy: 'name a local directory with `home` in the inventory',
    },
  ]
}

export const dataLocal: Find = ({ host, facts: { home, data } }) => {
  if (!host.member || isBelow(data, home) || !networkFilesystems.test(data.filesystem)) return []
  return [
    {
      title: 'the data is on a network file system',
      cause: `${data.path} is on ${data.filesystem}: Elasticsearch is slow and may lose data there, and hosts that share the directory write into the same logs`,
      remedy: 'name a local directory with `data` in the inventory',
    },
  ]
}

/** Room that data and logs have to grow. */
export const roomToGrow: Find = (checked) => {
  const { path, sizeKiB, freeKiB } = checked.facts.data
  if (!runsJava(checked) || sizeKiB === 0 || isFull(checked.facts.data)) return []
  const percent = Math.floor((100 * freeKiB) / sizeKiB)
  const stopsCopies = runsRealElasticsearch(checked) && percent < 100 - watermark
  if (!stopsCopies && freeKiB >= littleKiB) return []
  return [
    {
      title: 'little room for data and logs',
      cause: `${mebibytes(freeKiB * 1024)} MiB (${percent} %) are free for ${path}${stopsCopies ? `; Elasticsearch puts no more copies on a disk that is ${watermark} % full, and moves its data away from one that is 90 % full` : ''}`,
      remedy: 'free space there, or name another directory with `data` in the inventory',
    },
  ]
}

/** Elasticsearch's own (cluster.routing.allocation.disk.watermark.low). */
const watermark = 85
const littleKiB = 1024 ** 2

/** What is missing of the release must find room, before anything of it is sent. */
export const spaceForArtifacts: Find = ({ host, facts, context, release }) => {
  if (release === null) return []
  const lacking = missingParts(artifactsFor(host, facts, context), facts, context) ?? []
  const wanted = lacking.filter((artifact) => !facts.artifacts.includes(artifact.sha256))
  const needed = spaceFor(wanted, facts.arrivedKiB * 1024)
  const { freeFiles, freeKiB, path } = facts.home
  const noBytes = needed.bytes > freeKiB * 1024
  const noFiles = freeFiles !== null && needed.files > freeFiles
  if (!noBytes && !noFiles) return []
  const lacks = [
    ...(noBytes ? [`${mebibytes(needed.bytes)} MiB, ${mebibytes(freeKiB * 1024)} MiB are free`] : []),
    ...(noFiles ? [`${needed.files} files, ${freeFiles} can still be made`] : []),
  ]
  return [
    {
      title: 'too little space for the release',
      cause: `staging needs below ${path}: ${lacks.join('; ')}`,
      remedy: 'free space there, or name another directory with `home` in the inventory',
    },
  ]
}

/** While it is unpacked, an artifact lies on the host twice: as it arrived, and as a tree. What is there is not sent again. */
function spaceFor(artifacts: readonly Artifact[], arrived: number): Space {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const arriving = sum(artifacts.map(({ bytes, wireBytes }) => wireBytes ?? bytes))
  return {
    bytes: sum(artifacts.map(({ space }) => space.bytes)) + Math.max(0, arriving - arrived),
    files: sum(artifacts.map(({ space }) => space.files)),
  }
}

/** One decimal: `0.6`. */
function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1)
}

const longestSocketPath = 107

export const socketPathsFit: Find = ({ facts: { home } }) => {
  const bytes = Buffer.byteLength(longestSocket(home.path))
  if (bytes <= longestSocketPath) return []
  return [
    {
      title: 'the path of the home directory is too long',
      cause: `pm2's sockets below it would have ${bytes} bytes, the kernel allows ${longestSocketPath}`,
      remedy: 'name a shorter directory with `home` in the inventory',
    },
  ]
}

interface NamedPlace {
  readonly key: 'home' | 'data'
  readonly place: Place
}

/** Data below home on the same file system is told with it. */
function placesOf(hasData: boolean, { home, data }: Facts): readonly NamedPlace[] {
  const isSame = isBelow(data, home) && data.sizeKiB === home.sizeKiB && data.readOnly === home.readOnly
  return [{ key: 'home', place: home }, ...(hasData && !isSame ? [{ key: 'data', place: data } as const] : [])]
}

function isBelow({ path }: Place, { path: home }: Place): boolean {
  return path.startsWith(`${home}/`)
}
