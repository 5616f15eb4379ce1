import type { Fault } from './document.js'

/** Why no token of JSON begins at this offset; undefined where there is nothing particular to say. */
export function faultOfText(text: string, offset: number): Fault | undefined {
  const rest = text.slice(offset, offset + 20)
  const known = knownFaults.find(({ begins }) => begins.test(rest))
  return known === undefined ? undefined : { offset, cause: known.cause, remedy: known.remedy }
}

const knownFaults: readonly { readonly begins: RegExp; readonly cause: string; readonly remedy: string }[] = [
  {
    begins: /^$/,
    cause: 'the file ends too early',
    remedy: 'Close every bracket and every quote.',
  },
  {
    begins: /^\ufeff/,
    cause: 'a byte order mark (BOM) stands here, JSON allows none and Trueno cannot read it',
    remedy: 'Save the file as UTF-8 without byte order mark.',
  },
  {
    begins: /^(\/\/|\/\*|#)/,
    cause: 'a comment stands here, JSON allows none',
    remedy: 'Take the comment out.',
  },
  {
    begins: /^'/,
    cause: 'a text stands in single quotes, JSON allows double quotes only',
    remedy: 'Write it in double quotes.',
  },
  {
    begins: /^"/,
    cause: 'a text is not closed on its line, or holds a character or an escape that JSON does not allow',
    remedy: 'Close it with a double quote; write \\ as \\\\ and a tab as \\t.',
  },
  {
    begins: /^(true|false|null|yes|no|on|off|none)\b/i,
    cause: 'JSON knows the words true, false and null only, in lower case',
    remedy: 'Write one of them, or a text in double quotes.',
  },
  {
    begins: /^[\p{L}_$]/u,
    cause: 'a text stands here without quotes',
    remedy: 'Write it in double quotes.',
  },
]
