import { resolve } from 'node:path'
import { quote } from '../ssh/quote.js'

/** Renders `trueno-deploy VERB …` so that, typed as it is printed, it is about the same cluster. */
export type Suggest = (verb: string) => string

/** The files that a command line is about. */
export interface TypedFiles {
  /** Path of `cluster.json`, as the user gave it. */
  readonly clusterFile: string
  /** What `-i` named; absent: it was not given. */
  readonly inventory?: string | undefined
  /** Where it was typed. */
  readonly workingDirectory: string
}

/** Files that are found without being named are not repeated. */
export function suggestFor({ clusterFile, inventory, workingDirectory }: TypedFiles): Suggest {
  const isDefault = resolve(workingDirectory, clusterFile) === resolve(workingDirectory, 'cluster.json')
  const files = [
    ...(isDefault ? [] : [shellWord(clusterFile)]),
    ...(inventory === undefined ? [] : ['-i', shellWord(inventory)]),
  ]
  return (verb) => ['trueno-deploy', verb, ...files].join(' ')
}

/** Quoted only where a shell would read it otherwise. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(text) ? text : quote(text)
}
