import type { Host } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { errorProblem, type Problem } from '../../errors.js'
import { longestSocket } from '../../trueno/layout.js'
import type { Artifact, Space } from '../../trueno/release.js'
import { artifactsFor, missingParts } from '../artifacts.js'
import type { Checked } from './checked.js'

export function homeWritable({ host, facts }: Checked): readonly Problem[] {
  return facts.home.writable ? [] : [notWritable(host, facts, facts.home.path, 'home')]
}

export function dataWritable({ host, facts }: Checked): readonly Problem[] {
  const { home, data } = facts
  const isTold = !home.writable && data.path.startsWith(`${home.path}/`)
  return data.writable || isTold || !host.member ? [] : [notWritable(host, facts, data.path, 'data')]
}

function notWritable(host: Host, facts: Facts, path: string, key: 'home' | 'data'): Problem {
  return errorProblem({
    code: `${key}-not-writable`,
    title: `${path} cannot be written to`,
    cause: `user ${facts.user.name} cannot write there: no right to, a read-only disk, or a file in the way`,
    remedy: `give the directory to ${facts.user.name}, or name another with \`${key}\` in the inventory`,
    host: host.key,
  })
}

const networkFilesystems = /^(?:nfs\d?|cifs|smb\w*|fuse\.sshfs|9p|ceph|glusterfs|lustre|afs)$/

export function homeLocal({ host, facts }: Checked): readonly Problem[] {
  if (!networkFilesystems.test(facts.home.filesystem)) return []
  return [
    errorProblem({
      code: 'home-on-network',
      title: 'the home directory is on a network file system',
      cause: `${facts.home.path} is on ${facts.home.filesystem}; each host needs a directory of its own`,
      remedy: 'name a local directory with `home` in the inventory',
      host: host.key,
    }),
  ]
}

/** What is missing of the release must find room, before anything of it is sent. */
export function spaceForArtifacts({ host, facts, context, release }: Checked): readonly Problem[] {
  if (release === null) return []
  const lacking = missingParts(artifactsFor(host, facts, context), facts, context) ?? []
  const needed = spaceFor(lacking.filter((artifact) => !facts.artifacts.includes(artifact.sha256)))
  const { home } = facts
  const { freeFiles } = home
  const noBytes = needed.bytes > home.freeKiB * 1024
  const noFiles = freeFiles !== null && needed.files > freeFiles
  if (!noBytes && !noFiles) return []
  const lacks = [
    ...(noBytes ? [`${mebibytes(needed.bytes)} MiB, ${mebibytes(home.freeKiB * 1024)} MiB are free`] : []),
    ...(noFiles ? [`${needed.files} files, ${freeFiles} can still be made`] : []),
  ]
  return [
    errorProblem({
      code: 'no-space',
      title: 'too little space for the release',
      cause: `staging needs below ${home.path}: ${lacks.join('; ')}`,
      remedy: 'free space there, or name another directory with `home` in the inventory',
      host: host.key,
    }),
  ]
}

/** While it is unpacked, an artifact lies on the host twice: as it arrived, and as a tree. */
function spaceFor(artifacts: readonly Artifact[]): Space {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const arriving = sum(artifacts.map(({ bytes, wireBytes }) => wireBytes ?? bytes))
  return {
    bytes: sum(artifacts.map(({ space }) => space.bytes)) + arriving,
    files: sum(artifacts.map(({ space }) => space.files)),
  }
}

/** One decimal: `0.6`. */
function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1)
}

const longestSocketPath = 107

export function socketPathsFit({ host, facts }: Checked): readonly Problem[] {
  const bytes = Buffer.byteLength(longestSocket(facts.home.path))
  if (bytes <= longestSocketPath) return []
  return [
    errorProblem({
      code: 'home-path-too-long',
      title: 'the path of the home directory is too long',
      cause: `pm2's sockets below it would have ${bytes} bytes, the kernel allows ${longestSocketPath}`,
      remedy: 'name a shorter directory with `home` in the inventory',
      host: host.key,
    }),
  ]
}
