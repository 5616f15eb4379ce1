import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseContents } from '../../src/cluster/contents.js'
import { inEachShell, type TestHost } from './test-host.js'

const id = 'f'.repeat(64)
const base = 'a'.repeat(64)
const engine = 'b'.repeat(64)
const place = 'lib/an engine'

inEachShell((host) => {
  const contents = async (most = 10) => {
    const { home, data, run } = host()
    const { code, stdout, stderr } = await run('contents', [home, data, most, 'conf/written.ini', 'logs/'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return parseContents(stdout)
  }
  const release = (file: string) => path.join(host().home, 'releases', id, file)
  const stock = async () => {
    const { home, put, run } = host()
    put(`artifacts/${base}/lib/trueno.js`, 'trueno')
    put(`artifacts/${base}/lib/back\\slash`, 'x')
    put(`artifacts/${base}/conf/written.ini`, 'a')
    symlinkSync('lib/trueno.js', path.join(home, `artifacts/${base}/link`))
    put(`artifacts/${engine}/bin/run`, 'engine')
    const parts = [
      'artifact',
      base,
      '',
      'artifact',
      engine,
      place,
      'placeholder',
      'other engine/run.sh',
      'copy',
      'conf',
    ]
    expect(await run('assemble', [1, home, id, ...parts])).toMatchObject({ code: 0 })
    expect(await run('activate', [1, home, id])).toMatchObject({ code: 0 })
  }

  test('contents of a release that is as it came, but for what Trueno writes', async () => {
    await stock()
    writeFileSync(release('conf/written.ini'), 'by Trueno')
    host().put(`releases/${id}/logs/some.log`, 'x')
    expect((await contents())?.changes).toEqual({ count: 0, paths: [] })
  })

  test('contents tell what was changed, also in place and so in the store, what is gone and what was added', async () => {
    await stock()
    appendFileSync(release('lib/trueno.js'), '// by hand')
    rmSync(release(`${place}/bin/run`))
    writeFileSync(release(`${place}/bin/new one`), '')
    writeFileSync(release('other engine/run.sh'), 'echo')
    rmSync(release('link'))
    const found = await contents()
    expect(found?.changes?.count).toBe(5)
    expect(found?.changes?.paths.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
      { what: 'extra', path: `${place}/bin/new one` },
      { what: 'missing', path: `${place}/bin/run` },
      { what: 'differs', path: 'lib/trueno.js' },
      { what: 'missing', path: 'link' },
      { what: 'differs', path: 'other engine/run.sh' },
    ])
    expect((await contents(2))?.changes).toMatchObject({ count: 5, paths: [{}, {}] })
  })

  test('contents tell what became a program or is none any more, and links that lead elsewhere', async () => {
    await stock()
    chmodSync(release('lib/trueno.js'), 0o755)
    chmodSync(release('other engine/run.sh'), 0o644)
    rmSync(release('link'))
    symlinkSync('conf/written.ini', release('link'))
    const found = await contents()
    expect(found?.changes?.paths.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
      { what: 'x-bit', path: 'lib/trueno.js' },
      { what: 'differs', path: 'link' },
      { what: 'x-bit', path: 'other engine/run.sh' },
    ])
  })

  test('contents of a release whose record an earlier version made tell of its files alone', async () => {
    await stock()
    const sums = host().read(`artifacts/${base}.sums`)
    const before = sums.replace(/^(KiB \d+) all/, '$1').replace(/^link lib\/trueno\.js {2}/m, 'link  ')
    host().put(`artifacts/${base}.sums`, before)
    chmodSync(release('lib/trueno.js'), 0o755)
    expect((await contents())?.changes).toEqual({ count: 0, paths: [] })
    appendFileSync(release('lib/trueno.js'), '// by hand')
    rmSync(release('link'))
    writeFileSync(release('link'), '')
    expect((await contents())?.changes?.paths.map(({ path }) => path).sort()).toEqual(['lib/trueno.js', 'link'])
  })

  test('contents say what is on the disk, linked files once', async () => {
    await stock()
    writeFileSync(path.join(host().home, 'artifacts', base, 'large'), Buffer.alloc(400_000, 'x'))
    execFileSync('ln', [path.join(host().home, 'artifacts', base, 'large'), release('large')])
    execFileSync('mkdir', ['-p', host().data])
    writeFileSync(path.join(host().data, 'nodes'), Buffer.alloc(200_000, 'x'))
    const found = await contents()
    expect(found?.artifactsKiB).toBeGreaterThan(390)
    expect(found?.releasesKiB).toBeLessThan(200)
    expect(found?.dataKiB).toBeGreaterThan(195)
    expect(found?.dataKiB).toBeLessThan(250)
  })

  test('contents do not know what came where it was not recorded, or nothing is there', async () => {
    expect(await contents()).toEqual({ changes: null, releasesKiB: 0, artifactsKiB: 0, dataKiB: 0 })
    await stock()
    rmSync(path.join(host().home, `artifacts/${engine}.sums`))
    expect((await contents())?.changes).toBeNull()
    rmSync(path.join(host().home, `releases/${id}.parts`))
    expect((await contents())?.changes).toBeNull()
  })

  test('contents change nothing', async () => {
    await stock()
    const before = listing(host())
    await contents()
    expect(listing(host())).toEqual(before)
  })
})

function listing({ home }: TestHost): string {
  return execFileSync('find', [home, '-printf', '%p %T@ %s\n'], { encoding: 'utf8' })
}
