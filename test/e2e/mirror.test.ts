import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it, type TestContext } from 'vitest'
import { commandLine } from '../helpers/command-line.js'
import { type Lab, type LabOptions, labFor } from '../helpers/lab.js'
import { startMirror } from '../helpers/mirror.js'
import { paddedRelease } from '../helpers/padded-release.js'
import { programIn } from '../helpers/program.js'
import { leftovers } from './leftovers.js'

const threeHosts = [['master'], ['compute', 'index'], []] as const

describe('a mirror', () => {
  it('is filled by bundle push, once, and serves hosts what is verified like everything', async (test) => {
    const { lab, mirror, url, release } = await mirrorLab(test)
    const first = await pushed(lab, url, release)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toMatch(/6 parts \(2\.\d MB\) were put on http/)
    expect((await pushed(lab, url, release)).stdout).toMatch(/0 parts .*, 6 were there/)

    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/✔ Stage: 3 hosts from http:\/\/127[\d.:]+\/trueno \(/)
    expect(mirror.served.length).toBeGreaterThan(6)
    expect(leftovers(lab)).toEqual([])
  })

  it('that lacks something, lies or is gone is named once, and hosts get it from each other and from here', async (test) => {
    const { lab, mirror, url, release } = await mirrorLab(test)
    await pushed(lab, url, release)
    const { files } = mirror
    const [large = '', other = ''] = [...files.keys()].sort(
      (a, b) => (files.get(b)?.length ?? 0) - (files.get(a)?.length ?? 0),
    )
    files.set(large, Buffer.alloc(files.get(large)?.length ?? 0, 'x'))
    files.delete(other)
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/: the mirror sent something else than package; another source is taken/)
    expect(told.screen).toMatch(/: the mirror has it not, or does not give it \(code 22\); another source is taken/)
    expect(leftovers(lab)).toEqual([])
  })

  it('of another laptop, whose zlib packs otherwise, serves what is not packed; what hosts have is known all the same', async (test) => {
    const { lab, url, release } = await mirrorLab(test)
    await pushed(lab, url, release)
    const packed = packOtherwise(lab)
    expect(packed).toBeGreaterThan(0)
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/3 hosts from http:\/\/127[\d.:]+\/trueno/)
    expect(told.screen).toMatch(/the mirror has it not, or does not give it \(code 22\); another source is taken/)
    packOtherwise(lab)
    const again = await lab.tell('up')
    expect([again.code, again.events.filter(({ kind }) => kind === 'stepStarted')]).toEqual([0, []])
  })

  it('over TLS is filled by who trusts it, and serves hosts that do; the others say what keeps them from it', async (test) => {
    const trusts = (index: number, login: string) =>
      index < 2 ? { environment: { CURL_CA_BUNDLE: join(login, '../ca.pem') } } : {}
    const { lab, mirror, url, release } = await mirrorLab(test, { tls: true, sshd: trusts })
    const authorities = join(lab.directory, 'ca.pem')
    writeFileSync(authorities, mirror.identity?.cert ?? '')
    const distrusting = await pushed(lab, url, release)
    expect(distrusting).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/its certificate is not trusted here\s+\(self-signed certificate\)/),
    })
    expect(mirror.asked).toEqual([])
    const first = await programIn(lab, { env: { NODE_EXTRA_CA_CERTS: authorities } }).run(
      'bundle',
      'push',
      url,
      release,
    )
    expect(first.stdout, first.stderr).toMatch(/6 parts \(2\.\d MB\) were put on https/)

    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/2 hosts from https:\/\/127[\d.:]+\/trueno/)
    const [, , third] = lab.hosts
    expect(told.screen).toContain(
      `${third?.key}: the mirror's certificate is not trusted on this host (code 60); another source is taken`,
    )
    expect(leftovers(lab)).toEqual([])
  })

  it('with signed addresses is told them without that a key, or an address, comes to a host, a plan or an event', async (test) => {
    const { lab, mirror, release, address } = await mirrorLab(test)
    const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wonderful-secret' }
    const env = { ...keys, AWS_ENDPOINT_URL_S3: address, AWS_REGION: 'lab-1' }
    const run = (argv: readonly string[]) =>
      commandLine(lab.directory, argv, {
        env: {
          TRUENO_DEPLOY_ONLY: '127.0.0.0/8',
          PATH: process.env.PATH,
          XDG_CACHE_HOME: join(lab.directory, 'cache'),
          ...env,
        },
      }).done
    lab.inventory({ release, mirror: 's3://trueno/lab' })
    expect((await run(['bundle', 'push', 's3://trueno/lab', release])).code).toBe(0)
    const plan = await run(['plan', '--json'])
    const up = await run(['up', '--json', '--verbose'])
    expect(up.code, up.stdout).toBe(0)
    expect(up.stdout).toContain('3 hosts from s3://trueno/lab')
    expect(
      mirror.asked.every((path) => /^\/trueno\/lab\/[0-9a-f]{64}\?.*X-Amz-Signature=[0-9a-f]{64}$/.test(path)),
    ).toBe(true)
    for (const text of [plan.stdout, up.stdout, up.stderr, ...filesOf(lab)]) {
      expect(text).not.toContain('wonderful-secret')
      expect(text).not.toContain('X-Amz-Signature')
    }
    const without = await commandLine(lab.directory, ['plan']).done
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('there are no keys for the mirror')])
  })
})

async function mirrorLab(test: TestContext, options: { tls?: boolean } & Pick<LabOptions, 'sshd'> = {}) {
  const mirror = await startMirror(test, options)
  const lab = await labFor(test, { roles: threeHosts, ...options })
  const release = paddedRelease(lab.directory, 2e6)
  const url = `${mirror.address}/trueno`
  lab.inventory({ release, mirror: url })
  return { lab, mirror, url, release, address: mirror.address }
}

function pushed(lab: Lab, url: string, release: string) {
  return commandLine(lab.directory, ['bundle', 'push', url, release]).done
}

/** Packs what lies in the cache of this machine anew, with other bytes for the same content; gives how many. */
function packOtherwise({ directory }: Lab): number {
  const folder = join(directory, 'cache/trueno-deploy/artifacts')
  const names = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'))
  for (const name of names) {
    const before = readFileSync(join(folder, name))
    const level = before[8] === 4 ? 9 : 1
    const other = gzipSync(gunzipSync(before), { level })
    const hash = createHash('sha256').update(other).digest('hex')
    rmSync(join(folder, name))
    writeFileSync(join(folder, `${name.slice(0, 64)}.${hash}.tar.gz`), other)
  }
  return names.length
}

/** The text of every file that was left on the hosts and on the laptop, but the release itself. */
function filesOf({ hosts, directory }: Lab): readonly string[] {
  const places = [...hosts.flatMap(({ home }) => [join(home, 'run'), join(home, 'etc'), join(home, 'logs')]), directory]
  return places
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      readdirSync(place)
        .map((name) => join(place, name))
        .filter((file) => statSync(file).isFile())
        .map((file) => readFileSync(file, 'latin1')),
    )
}
