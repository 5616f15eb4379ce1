import type { Section } from './entry.js'
import { engines } from './start-engines.js'
import { machine } from './start-machine.js'
import { trueno } from './start-trueno.js'

export const start = {
  title: 'Starting Trueno',
  about:
    'Why Trueno, or one of its engines, does not come up. Trueno itself waits for ever then; the reason stands in the logs of the engines, where it is looked for.',
  entries: { ...engines, ...machine, ...trueno },
} satisfies Section
