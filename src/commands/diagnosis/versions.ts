import { release, type } from 'node:os'
import { packageVersion } from '../package-root.js'

/** Of the tool and of this machine. */
export function versionsOf(): Readonly<Record<string, string>> {
  return {
    'trueno-deploy': packageVersion(),
    node: process.version,
    openssl: process.versions.openssl ?? '',
    system: `${type()} ${release()} ${process.arch}`,
  }
}
