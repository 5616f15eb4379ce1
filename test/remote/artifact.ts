import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { TestHost } from './test-host.js'

/** Something that is sent to a host. */
export interface Artifact {
  readonly sha256: string
  readonly encoding: 'tar' | 'gz'
  readonly wire: string
  readonly tree: number
  readonly sent: Buffer
}

/** A tar with a file, a program and a link; as many bytes that cannot be compressed are in it. */
export function artifactOf(
  { root }: TestHost,
  { encoding = 'tar', bytes = 10 }: { encoding?: 'tar' | 'gz'; bytes?: number } = {},
): Artifact {
  const tree = path.join(root, 'tree')
  mkdirSync(path.join(tree, 'dir'), { recursive: true })
  writeFileSync(path.join(tree, 'dir/tool'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(path.join(tree, 'a file'), noise(bytes))
  symlinkSync('dir/tool', path.join(tree, 'link'))
  const tar = execFileSync('tar', ['-cf', '-', '-C', tree, '.'], { maxBuffer: 1e8 })
  const sent = encoding === 'gz' ? gzipSync(tar) : tar
  return { sha256: hashOf(tar), encoding, wire: hashOf(sent), tree: tar.length, sent }
}

function noise(bytes: number): Buffer {
  let value = 1
  const next = (): number => {
    value = (value * 1103515245 + 12345) % 2 ** 31
    return value >> 16
  }
  return Buffer.from(Uint8Array.from({ length: bytes }, next))
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Of `receive`, when it comes on standard input. */
export function argumentsOf({ home }: TestHost, { sha256, encoding, wire, tree, sent }: Artifact, keep: string) {
  return ['1', home, sha256, encoding, wire, String(sent.length), String(tree), 'here', keep]
}

/** What has arrived of it; -1: nothing. */
export function sizeOf({ home }: TestHost, { wire }: Artifact): number {
  return statSync(path.join(home, `artifacts/.part-${wire}`), { throwIfNoEntry: false })?.size ?? -1
}
