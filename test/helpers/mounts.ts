import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether file systems of our own can be made here: root can, unless it is kept in a container. */
export const canMount = tryToMount()

/** Puts a file system in memory at a directory. @param options of mount, e.g. `size=1m,nr_inodes=40` */
export function mountMemory(directory: string, options: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
}

/** Gives it other options; what is in it stays. */
export function remountMemory(directory: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, directory])
}

export function unmount(directory: string): void {
  execFileSync('umount', ['-l', directory])
}

function tryToMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' })
    execFileSync('umount', [directory])
    return true
  } catch {
    return false
  } finally {
    rmSync(directory, { recursive: true })
  }
}
