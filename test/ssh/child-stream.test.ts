import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { childStream, type SpokenWith } from '../../src/ssh/child-stream.js'
import { runProxyCommand } from '../../src/ssh/proxy-command.js'

test('a stream that is destroyed leaves no pipe of its process open', async () => {
  const child: SpokenWith = spawn('sh', ['-c', 'exec yes'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const stream = childStream(child, async () => undefined)
  await once(stream, 'readable')
  stream.destroy()
  await closed
})

describe('a ProxyCommand', () => {
  test('is not ended by Ctrl-C at the terminal, which goes to all that runs there', async () => {
    const stream = runProxyCommand(`sh -c 'echo $$; exec cat'`)
    const [pid] = await once(stream, 'data')
    process.kill(Number(pid), 'SIGINT')
    stream.write('still here\n')
    expect(String((await once(stream, 'data'))[0])).toBe('still here\n')
    stream.destroy()
  })

  test('of all that it says the end is kept', async () => {
    const stream = runProxyCommand('sh -c "seq 1 100000 >&2; echo the reason >&2; exit 3"')
    stream.resume()
    const [error] = await once(stream, 'error')
    expect(error.message).toMatch(/^ProxyCommand ended with 3: .{0,500}the reason$/s)
  })
})
