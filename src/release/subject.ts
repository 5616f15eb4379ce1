import type { Release } from '../trueno/release.js'
import type { Manifest } from './identify.js'
import type { Tree } from './tree.js'

/** A Trueno package that is to be looked at. */
export interface Subject {
  /** What people call it. */
  readonly path: string
  /** Where somebody can change it, for people. */
  readonly origin: string
  readonly tree: Tree
  readonly manifest: Manifest
  /** As it declares; real Trueno unless it says otherwise. */
  readonly kind: Release['kind']
}
