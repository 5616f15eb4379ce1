import { randomInt } from 'node:crypto'

export { freePort } from '../../src/rehearsal/free-port.js'

/** An address of 127.0.0.0/8 that nobody else is likely to use: every one of them is this machine. */
export function loopbackAddress(): string {
  return `127.${randomInt(64, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
}
