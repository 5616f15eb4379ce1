import type { Host } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { errorProblem, type Problem } from '../../errors.js'
import { longestSocket } from '../../trueno/layout.js'
import { artifactsFor } from '../artifacts.js'
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

/** While it is unpacked, an artifact lies on the host twice: as it arrived, and as a tree. */
export function spaceForArtifacts({ host, facts, context, release }: Checked): readonly Problem[] {
  if (release === null || facts.releases.includes(release.id)) return []
  const missing = artifactsFor(host, context).filter((artifact) => !facts.artifacts.includes(artifact.sha256))
  const needed =
    missing.reduce((sum, artifact) => sum + artifact.bytes, 0) +
    Math.max(0, ...missing.map((artifact) => artifact.bytes))
  if (needed <= facts.home.freeKiB * 1024) return []
  return [
    errorProblem({
      code: 'disk-full',
      title: 'too little space for the release',
      cause: `staging needs ${Math.ceil(needed / mebibyte)} MiB below ${facts.home.path}, ${Math.floor((facts.home.freeKiB * 1024) / mebibyte)} MiB are free`,
      remedy: 'free space there, or name another directory with `home` in the inventory',
      host: host.key,
    }),
  ]
}

const mebibyte = 1024 * 1024

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
