import type { Known } from '../catalogue/catalogue.js'
import { severities } from '../catalogue/page.js'
import type { TextOptions } from './failure.js'
import { createPaint } from './paint.js'
import { wrap } from './text.js'

/** What is known of one code, as `explain` prints it. @param page where the documentation tells of it */
export function renderEntry(entry: Known, { colour, columns, page }: TextOptions & { readonly page: string }): string {
  const paint = createPaint(colour)
  const part = (name: string, text: string): string => {
    const [first = '', ...more] = wrap(text, columns - 15)
    return [`  ${paint.faint(name.padEnd(10))}  ${first}`, ...more.map((line) => `              ${line}`)].join('\n')
  }
  const parts = [
    part('means', entry.means),
    part('usually', entry.usually),
    part('remedy', entry.remedy),
    part('severity', severities[entry.severity]),
    part('page', page),
  ]
  return `\n ${paint.strong(entry.code)}  ${entry.title}\n\n${parts.join('\n')}\n`
}

/** All codes, by section. */
export function renderCodes(entries: readonly Known[], { colour, columns }: TextOptions): string {
  const paint = createPaint(colour)
  const width = Math.max(...entries.map(({ code }) => code.length))
  const sections = [...new Set(entries.map(({ section }) => section))]
  const line = ({ code, title }: Known): string => {
    const room = columns - width - 5
    return room < 20
      ? `   ${code}`
      : `   ${code.padEnd(width)}  ${wrap(title, room).join(`\n${' '.repeat(width + 5)}`)}`
  }
  const texts = sections.map((section) =>
    [` ${paint.strong(section)}`, ...entries.filter((entry) => entry.section === section).map(line)].join('\n'),
  )
  return `\n${texts.join('\n\n')}\n\n Next: trueno-deploy explain CODE\n`
}
