import { type Known, sections } from './catalogue.js'
import type { Entry, Section } from './entry.js'

/** The page `docs/problems.md`: every code with its meaning, to be looked up by its anchor. */
export function problemsPage(): string {
  const all: readonly Section[] = sections
  return [heading, ...all.map(sectionText)].join('\n')
}

/** Where the page tells of a code, from the root of the package. */
export function anchorOf({ code }: Pick<Known, 'code'>): string {
  return `docs/problems.md#${code}`
}

const heading = `# What can go wrong

Every finding of \`trueno-deploy\` has a code: in \`problems\` of \`--json\`, and on the screen behind _more_.
\`trueno-deploy explain CODE\` prints what stands here. This page is made from the tool's own table by \`npm run docs\`.
`

function sectionText({ title, about, entries }: Section): string {
  const codes = Object.entries(entries).map(([code, entry]) => entryText(code, entry))
  return [`## ${title}`, '', about, '', ...codes].join('\n')
}

function entryText(code: string, { title, severity, means, usually, remedy }: Entry): string {
  return [
    `### ${code}`,
    '',
    `**${title}** (${severities[severity]}). ${means}`,
    '',
    `- Usually: ${usually}`,
    `- Remedy: ${remedy}`,
    '',
  ].join('\n')
}

/** What a severity does, in words. */
export const severities = {
  error: 'stops the work',
  warning: 'a warning',
  either: 'stops the work, or a warning',
} satisfies Record<Entry['severity'], string>
