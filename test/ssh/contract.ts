import { randomBytes, randomInt } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Connection, TunnelError } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { freePort } from '../helpers/loopback.js'
import { collectLines, faultOf, gone, processesWith } from './observe.js'
import { type HostOptions, type Rig, type RigOptions, startRig, type TestHost } from './rig.js'

/** A command that does not end by itself, and that only these tests run. */
const seconds = randomInt(100_000, 999_999)
const nap = `sleep ${seconds} </dev/null >/dev/null 2>&1`

/** Ends so many; a shell that has just said that it begins may not have come to its nap yet. */
async function endNaps(count: number): Promise<void> {
  await gone(() => processesWith(`sleep\u0000${seconds}`).length < count)
  for (const pid of processesWith(`sleep\u0000${seconds}`)) process.kill(pid)
}

/** What every transport and every server must do alike. */
export function connectionContract(
  name: string,
  start: (options: HostOptions) => Promise<TestHost>,
  defaults: RigOptions = {},
): void {
  describe(name, () => {
    let rig: Rig
    beforeAll(async () => {
      rig = await startRig(start, defaults)
    })
    afterAll(() => rig?.[Symbol.asyncDispose]())

    describe('scripts', () => {
      test('exit code, output and errors come back, with the arguments as they were', async () => {
        const connection = await rig.connect(`printf '%s|' "$@"; echo why >&2; exit 74`)
        expect(await connection.read('facts', ["it's", '$HOME', 'a\nb', ''])).toEqual({
          code: 74,
          stdout: "it's|$HOME|a\nb||",
          stderr: 'why\n',
        })
      })

      test('the session has the home it should', async () => {
        const connection = await rig.connect('echo "$HOME"')
        expect(await connection.read('facts', [])).toEqual({ code: 0, stdout: `${rig.home}\n`, stderr: '' })
      })

      test('10 MB of input arrive whole', async () => {
        const sent = randomBytes(10 * 1024 * 1024)
        const connection = await rig.connect('cat > "$1"; wc -c < "$1"')
        const input = async function* () {
          for (let at = 0; at < sent.length; at += 262_144) yield sent.subarray(at, at + 262_144)
        }
        const file = join(rig.home, 'received')
        const result = await connection.run('receive', [file], { input })
        expect({ ...result, stdout: result.stdout.trim() }).toEqual({
          code: 0,
          stdout: String(sent.length),
          stderr: '',
        })
        expect(readFileSync(file).equals(sent)).toBe(true)
      })

      test('a script that ends without reading its input ends the sending', async () => {
        const connection = await rig.connect('echo "no space left" >&2; exit 72')
        let sent = 0
        const input = async function* () {
          for (; sent < 2000; sent++) yield Buffer.alloc(262_144)
        }
        expect(await connection.run('receive', [], { input })).toEqual({
          code: 72,
          stdout: '',
          stderr: 'no space left\n',
        })
        expect(sent).toBeLessThan(2000)
      })

      test('what a script asks while it runs can be answered, line by line', async () => {
        const connection = await rig.connect(
          'echo "from $1"; read -r answer; printf "h\\303\\266r: %s\\n" "$answer"; read -r last; echo "$last"; exit 3',
        )
        const heard: (string | undefined)[] = []
        const result = await connection.run('receive', ['7'], {
          input: async function* (hear) {
            heard.push(await hear())
            yield Buffer.from('seven\n')
            heard.push(await hear())
            yield Buffer.from('end\n')
            heard.push(await hear(), await hear())
          },
        })
        expect(heard).toEqual(['from 7', 'hör: seven', 'end', undefined])
        expect(result).toMatchObject({ code: 3, stdout: 'from 7\nhör: seven\nend\n' })
      })

      test('input that cannot be read is the error that is thrown', async () => {
        const connection = await rig.connect('cat')
        // biome-ignore lint/correctness/useYield: it fails before there is anything to give
        const input = async function* (): AsyncGenerator<Uint8Array> {
          throw new Error('the file is gone')
        }
        await expect(connection.run('receive', [], { input })).rejects.toThrow('the file is gone')
      })

      test('a script ended by a signal has no exit code', async () => {
        const connection = await rig.connect('kill -KILL $$')
        expect((await connection.read('facts', [])).code).toBeNull()
      })

      test('colours, control codes and broken UTF-8 do not come through', async () => {
        const connection = await rig.connect(`printf '\\033[31mred\\033[0m\\a\\ttab\\r\\n\\377\\n'`)
        expect((await connection.read('facts', [])).stdout).toBe('red\ttab\n\ufffd\n')
      })

      // sudo makes its own environment: what is for Trueno stands in the inventory.
      test(`environment that the configuration asks for ${defaults.runAs ? 'is the login’s alone' : 'arrives'}`, async () => {
        const configFile = join(rig.directory, 'config-environment')
        const lines = 'Host host\n  SetEnv TRUENO_TEST_A=one TRUENO_TEST_B="two words"\n'
        writeFileSync(configFile, `${lines}${readFileSync(rig.configFile, 'utf8')}`)
        const connection = await rig.connect('echo "$TRUENO_TEST_A, $TRUENO_TEST_B"', { configFile })
        expect((await connection.read('facts', [])).stdout).toBe(defaults.runAs ? ', \n' : 'one, two words\n')
      })

      test('20 scripts at once over one connection', async () => {
        const connection = await rig.connect('echo "$1"')
        const numbers = Array.from({ length: 20 }, (_, index) => String(index))
        const results = await Promise.all(numbers.map((number) => connection.read('facts', [number])))
        expect(results.map(({ stdout }) => stdout.trim())).toEqual(numbers)
      })

      test('the signal ends the wait', async () => {
        const connection = await rig.connect(`echo begun > "$1"; ${nap}`)
        const stop = new AbortController()
        const file = join(rig.home, 'begun')
        const running = connection.read('facts', [file], { signal: stop.signal })
        await gone(() => !existsSync(file))
        stop.abort(new Error('enough'))
        await expect(running).rejects.toThrow('enough')
        await endNaps(1)
      })
    })

    describe('logs', () => {
      test('files are followed from their beginning, also when they come later or are rotated', async () => {
        const [now, later] = [join(rig.home, 'now.log'), join(rig.home, 'later.log')]
        writeFileSync(now, 'old line\n')
        const connection = await rig.connect()
        const { lines, until, stop, done } = collectLines(connection, [now, later])
        await until(`${now} old line`)
        appendFileSync(now, 'half a ')
        appendFileSync(now, 'line\n')
        await until(`${now} half a line`)
        writeFileSync(later, '\u001b[32mgreen\u001b[0m\n')
        await until(`${later} green`)
        renameSync(now, `${now}.1`)
        writeFileSync(now, 'after the rotation\n')
        await until(`${now} after the rotation`)
        stop()
        await done
        expect(lines()).toEqual([
          `${now} old line`,
          `${now} half a line`,
          `${later} green`,
          `${now} after the rotation`,
        ])
      })

      test('one file alone is followed too, and nothing is left on the host afterwards', async () => {
        const file = join(rig.home, 'alone.log')
        writeFileSync(file, '')
        const connection = await rig.connect()
        const { until, stop, done } = collectLines(connection, [file])
        appendFileSync(file, 'first\n')
        await until(`${file} first`)
        // One that is just being replaced by another program has no command line for a moment.
        await gone(() => processesWith(file).length === 0)
        stop()
        await done
        await gone(() => processesWith(file).length > 0)
      })

      test('nothing is left on the host when the connection is cut, and the lines go on over a new one', async () => {
        const file = join(rig.home, 'cut.log')
        writeFileSync(file, 'one\n')
        const lost: string[] = []
        const connection = await rig.connect('true', { onLost: (host) => lost.push(host) })
        const { lines, until, stop, done } = collectLines(connection, [file])
        await until(`${file} one`)
        const before = processesWith(file)
        rig.host.cut()
        await gone(() => processesWith(file).some((pid) => before.includes(pid)))
        appendFileSync(file, 'two\n')
        await until(`${file} two`)
        stop()
        await done
        expect(lines()).toEqual([`${file} one`, `${file} two`])
        expect(lost).toEqual(['host'])
      })
    })

    describe('tunnels', () => {
      test('bytes go to an address and come back', async () => {
        const port = await freePort('127.0.0.1')
        const server = createServer((socket: Socket) => socket.pipe(socket)).listen(port, '127.0.0.1')
        const connection = await rig.connect()
        const tunnel = await connection.tunnel('127.0.0.1', port)
        const sent = randomBytes(300_000)
        tunnel.end(sent)
        expect((await buffer(tunnel)).equals(sent)).toBe(true)
        server.close()
      })

      test('where nobody listens is a refusal, and the connection goes on', async () => {
        const connection = await rig.connect('echo on')
        const port = await freePort('127.0.0.1')
        await expect(connection.tunnel('127.0.0.1', port)).rejects.toBeInstanceOf(TunnelError)
        expect((await connection.read('facts', [])).stdout).toBe('on\n')
      })

      test('an address outside of the allowed networks is not asked for', async () => {
        const connection = await rig.connect()
        expect(await faultOf(connection.tunnel('192.0.2.1', 80))).toBe('blocked')
      })
    })

    describe('a connection that is cut', () => {
      test('in the middle of a script: it is run again', async () => {
        const file = join(rig.home, 'tries')
        writeFileSync(file, '')
        const connection = await rig.connect(`echo try >> "$1"; [ "$(wc -l < "$1")" -gt 1 ] || ${nap}; echo done`)
        const running = connection.read('facts', [file])
        await gone(() => readFileSync(file, 'utf8') === '')
        rig.host.cut()
        expect(await running).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
        expect(readFileSync(file, 'utf8')).toBe('try\ntry\n')
        await endNaps(1)
      })

      test('in the middle of sending: the input is asked for again', async () => {
        const file = join(rig.home, 'sent')
        const connection = await rig.connect('cat > "$1"')
        let times = 0
        const input = async function* () {
          times += 1
          yield Buffer.alloc(65_536, 'a')
          if (times === 1) rig.host.cut()
          yield Buffer.alloc(65_536, 'b')
        }
        expect((await connection.run('write', [file], { input })).code).toBe(0)
        expect({ times, bytes: readFileSync(file).length }).toEqual({ times: 2, bytes: 131_072 })
      })

      test('while nothing goes on: the next script finds a new one', async () => {
        const connection = await rig.connect('echo on')
        await connection.read('facts', [])
        rig.host.cut()
        expect((await connection.read('facts', [])).stdout).toBe('on\n')
      })

      test('again and again: it is given up, as lost', async () => {
        const file = join(rig.home, 'again')
        const connection = await rig.connect(`echo begun > "$1"; ${nap}`)
        const outcome = faultOf(connection.read('facts', [file]))
        for (let cuts = 0; cuts < 4; cuts++) {
          await gone(() => !existsSync(file))
          rmSync(file)
          rig.host.cut()
        }
        expect(await outcome).toBe('lost')
        await endNaps(4)
      })
    })

    test('a closed connection does nothing more', async () => {
      const connection: Connection = await rig.connect()
      await connection[Symbol.asyncDispose]()
      await expect(connection.read('facts', [])).rejects.toBeInstanceOf(ConnectionError)
    })

    describe('noise', () => {
      test('what .bashrc prints is no part of anything', async () => {
        const home = join(rig.home, 'noisy')
        mkdirSync(home)
        const noise = 'echo "Welcome!"; echo "mind the gap" >&2; printf "no line end"\n'
        writeFileSync(join(rig.home, '.bashrc'), noise)
        const connection = await rig.connect('echo own; echo error >&2')
        const input = async function* () {
          yield Buffer.from('data')
        }
        const result = { code: 0, stdout: 'own\n', stderr: 'error\n' }
        expect(await connection.read('facts', [])).toEqual(result)
        expect(await connection.run('write', [], { input })).toEqual(result)
        rmSync(join(rig.home, '.bashrc'))
      })
    })
  })
}
