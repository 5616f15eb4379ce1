import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TunnelError } from '../../src/ssh/connection.js'
import { freePort } from '../helpers/loopback.js'
import { startSshd } from '../helpers/sshd.js'
import { type HostOptions, type Rig, startRig } from './rig.js'

const withConfig = (line: string) => (options: HostOptions) => startSshd({ ...options, config: [line] })

/** What a tunnel to where nobody listens is refused with. */
async function refusalOf(rig: Rig, port?: number): Promise<{ isForbidden: boolean; message: string }> {
  const connection = await rig.connect()
  const refusal = await connection.tunnel('127.0.0.1', port ?? (await freePort('127.0.0.1'))).catch((error) => error)
  if (!(refusal instanceof TunnelError)) throw refusal
  return { isForbidden: refusal.isForbidden, message: refusal.message }
}

describe.each(['ssh2', 'openssh'] as const)('%s', (transport) => {
  const rigs: Rig[] = []
  const rigWith = async (line: string): Promise<Rig> => {
    const rig = await startRig(withConfig(line), { transport })
    rigs.push(rig)
    return rig
  }
  afterAll(() => Promise.all(rigs.map((rig) => rig[Symbol.asyncDispose]())))

  test('a host that forbids forwarding is told from one where nobody listens', async () => {
    expect(await refusalOf(await rigWith('AllowTcpForwarding no'))).toMatchObject({ isForbidden: true })
  })

  describe('a host that permits some addresses', () => {
    let rig: Rig
    let permitted: number
    beforeAll(async () => {
      permitted = await freePort('127.0.0.1')
      rig = await rigWith(`PermitOpen 127.0.0.1:${permitted}`)
    })

    test('the others are forbidden', async () => {
      expect(await refusalOf(rig)).toMatchObject({ isForbidden: true })
    })

    test('where nobody listens at those, it says so, every time', async () => {
      const expected = { isForbidden: false, message: expect.stringContaining('Connection refused') }
      expect(await refusalOf(rig, permitted)).toEqual(expected)
      const forbidden = { isForbidden: true, message: expect.any(String) }
      const each = [await refusalOf(rig), await refusalOf(rig, permitted), await refusalOf(rig)]
      expect(each).toEqual([forbidden, expected, forbidden])
    })
  })
})

test('many at once are each refused for a reason', async () => {
  await using rig = await startRig(withConfig('AllowTcpForwarding no'), { transport: 'openssh' })
  const connection = await rig.connect()
  const refusals = await Promise.all(
    Array.from({ length: 10 }, () => connection.tunnel('127.0.0.1', 1).catch((error) => error)),
  )
  expect(refusals.map(({ isForbidden }) => isForbidden)).toEqual(refusals.map(() => true))
})
