import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ticksOf } from './sleepers.js'
import { inEachShell, pathOf, type TestHost } from './test-host.js'

const id = 'f'.repeat(64)
const base = 'a'.repeat(64)
const engine = 'b'.repeat(64)

inEachShell((host) => {
  const assemble = (...parts: string[]) => host().run('assemble', [1, host().home, id, ...parts])
  const inode = (file: string) => statSync(path.join(host().home, file)).ino

  test('assemble links artifacts to their places', async () => {
    stock(host())
    expect(await assemble('artifact', base, '', 'artifact', engine, 'lib/core/binaries/an engine')).toEqual({
      code: 0,
      stdout: 'assembled\n',
      stderr: '',
    })
    expect(host().list('releases')).toEqual([id, `${id}.parts`])
    expect(host().list(`releases/${id}/lib/core/binaries/an engine`)).toEqual(['bin'])
    expect(inode(`releases/${id}/lib/trueno.js`)).toBe(inode(`artifacts/${base}/lib/trueno.js`))
    expect(readlinkSync(path.join(host().home, `releases/${id}/link`))).toBe('lib/trueno.js')
    expect(statSync(path.join(host().home, `releases/${id}/lib/trueno.js`)).mode & 0o100).toBe(0o100)
  })

  test('assemble gives files that are written to their own copies', async () => {
    stock(host())
    expect(
      await assemble('artifact', base, '', 'copy', 'conf', 'copy', 'lib/trueno.js', 'copy', 'is/absent'),
    ).toMatchObject({ code: 0 })
    for (const file of ['conf/deep/a.ini', 'lib/trueno.js']) {
      writeFileSync(path.join(host().home, `releases/${id}/${file}`), 'changed')
      expect(host().read(`artifacts/${base}/${file}`)).not.toBe('changed')
    }
    expect(inode(`releases/${id}/lib/other.js`)).toBe(inode(`artifacts/${base}/lib/other.js`))
    expect(host().list(`releases/${id}`)).toEqual(['conf', 'lib', 'link'])
  })

  test('assemble removes what arrived of other artifacts and was passed on earlier, not what goes on', async () => {
    stock(host())
    const [gone, going] = ['c'.repeat(64), 'd'.repeat(64)]
    const flag = `run/.receive-${going}-${process.pid}-${ticksOf(process.pid)}`
    for (const file of [`artifacts/.part-${gone}`, `artifacts/.part-${going}`, flag]) host().put(file, 'x')
    for (const token of [1, 2]) host().put(`artifacts/.seed-${gone}-${token}`, 'x')
    expect(await host().run('assemble', [2, host().home, id, 'artifact', base, ''])).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([`.part-${going}`, `.seed-${gone}-2`, base, `${base}.sums`, engine])
  })

  test('assemble puts placeholders where nothing is', async () => {
    stock(host())
    expect(
      await assemble('artifact', base, '', 'placeholder', 'lib/trueno.js', 'placeholder', 'lib/core/x y/run.sh'),
    ).toMatchObject({ code: 0 })
    const placeholder = path.join(host().home, `releases/${id}/lib/core/x y/run.sh`)
    expect([readFileSync(placeholder, 'utf8'), statSync(placeholder).mode & 0o777]).toEqual(['', 0o755])
    expect(host().read(`releases/${id}/lib/trueno.js`)).toBe('trueno')
  })

  test('assemble copies where there are no hard links', async () => {
    stock(host())
    host().fakeTool(
      'cp',
      '#!/bin/sh\ncase $1 in *l*) mkdir -p "$3" && echo half >"$3/half"; echo "cp: Operation not permitted" >&2; exit 1 ;; esac\nexec /bin/cp "$@"\n',
    )
    expect(await assemble('artifact', base, '')).toEqual({ code: 0, stdout: 'assembled\n', stderr: '' })
    expect(host().list(`releases/${id}`)).toEqual(['conf', 'lib', 'link'])
    expect(inode(`releases/${id}/lib/trueno.js`)).not.toBe(inode(`artifacts/${base}/lib/trueno.js`))
  })

  test('assemble leaves a release that is there', async () => {
    host().put(`releases/${id}/mine`, 'x')
    expect(await assemble('artifact', base, '')).toEqual({ code: 0, stdout: 'present\n', stderr: '' })
    expect(host().list(`releases/${id}`)).toEqual(['mine'])
  })

  test('assemble records what it put together, and what of it was there when it came', async () => {
    stock(host())
    await assemble(
      'artifact',
      base,
      '',
      'artifact',
      engine,
      'lib/an engine',
      'placeholder',
      'x y/run.sh',
      'copy',
      'conf',
    )
    expect(host().read(`releases/${id}.parts`)).toBe(
      `artifact ${base} \nartifact ${engine} lib/an engine\nplaceholder x y/run.sh\n`,
    )
    expect(host().read(`artifacts/${engine}.sums`)).toMatch(/^KiB \d+ all\n[0-9a-f]{64} {2}\.\/bin\/run\n$/)
    expect(host().read(`artifacts/${base}.sums`)).toMatch(
      /^KiB \d+ all\n(program {2}\..*\n)+([0-9a-f]{64} {2}\..*\n)+link lib\/trueno\.js {2}\.\/link\n$/,
    )
    host().put(`artifacts/${engine}.sums`, 'as it came')
    await host().run('assemble', [1, host().home, 'e'.repeat(64), 'artifact', engine, ''])
    expect(host().read(`artifacts/${engine}.sums`)).toBe('as it came')
  })

  test('assemble gives a release that is there what its roles need by now, and touches nothing else of it', async () => {
    stock(host())
    const place = 'lib/core/binaries/elasticsearch'
    await assemble('artifact', base, '', 'placeholder', `${place}/bin/run`)
    host().put(`releases/${id}/conf/deep/a.ini`, 'written by Trueno')
    const wanted = ['artifact', base, '', 'artifact', engine, place, 'copy', 'conf', 'copy', `${place}/bin`]
    expect(await assemble(...wanted)).toEqual({ code: 0, stdout: 'extended\n', stderr: '' })
    expect(host().read(`releases/${id}/${place}/bin/run`)).toBe('engine')
    expect(inode(`releases/${id}/${place}/bin/run`)).not.toBe(inode(`artifacts/${engine}/bin/run`))
    expect(host().read(`releases/${id}/conf/deep/a.ini`)).toBe('written by Trueno')
    expect(host().read(`releases/${id}.parts`)).toMatch(new RegExp(`\nartifact ${engine} ${place}\n$`))
    expect(host().list('releases')).toEqual([id, `${id}.parts`])
    expect(await assemble(...wanted)).toEqual({ code: 0, stdout: 'present\n', stderr: '' })
  })

  test('assemble by several at once gives a release what it lacks once', async () => {
    stock(host())
    await assemble('artifact', base, '', 'placeholder', 'lib/engine/bin/run')
    const results = await Promise.all(
      [1, 2, 3, 4].map(() => assemble('artifact', base, '', 'artifact', engine, 'lib/engine')),
    )
    expect(results.map(({ stdout }) => stdout).sort()).toEqual(['extended\n', ...Array(3).fill('present\n')])
    expect(host().list(`releases/${id}/lib/engine`)).toEqual(['bin'])
    expect(host().list('run')).toEqual(['token'])
  })

  test('assemble records nothing of an artifact that it could not read to the end', async () => {
    stock(host())
    host().fakeTool('sha256sum', `#!/bin/sh\n${pathOf('sha256sum')} "$@" | head -n 1\nexit 1\n`)
    expect(await assemble('artifact', base, '')).toMatchObject({ code: 70, stderr: expect.stringContaining(base) })
    expect([host().list('artifacts'), host().list('releases')]).toEqual([[base, engine], []])
  })

  test('assemble removes what dead ones left, not what living ones build', async () => {
    stock(host())
    const alive = `.new-x-${process.pid}`
    for (const name of ['.new-x-999999999', alive]) host().put(`releases/${name}/file`, '')
    expect(await assemble('artifact', base, '')).toMatchObject({ code: 0 })
    expect(host().list('releases')).toEqual([alive, id, `${id}.parts`])
  })

  test('assemble of one release by several at once makes it once', async () => {
    stock(host())
    const results = await Promise.all([1, 2, 3, 4].map(() => assemble('artifact', base, '')))
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2, 3, 4].map(() => [0, '']))
    expect([host().list('releases'), host().list(`releases/${id}`)]).toEqual([
      [id, `${id}.parts`],
      ['conf', 'lib', 'link'],
    ])
  })

  test('assemble refuses what lacks an artifact, and begins nothing', async () => {
    stock(host())
    const result = await assemble('artifact', base, '', 'artifact', 'c'.repeat(64), 'x')
    expect(result).toMatchObject({ code: 74, stderr: expect.stringContaining('c'.repeat(64)) })
    expect(host().list('releases')).toEqual([])
  })

  test.each([
    ['artifact', base],
    ['artifact', '../x', ''],
    ['artifact', base, '../x'],
    ['artifact', base, '/x'],
    ['placeholder', '../x'],
    ['copy', 'a/../../x'],
    ['copy', ''],
    ['copy'],
    ['remove', 'x'],
  ])('assemble refuses %s %s %s', async (...parts) => {
    stock(host())
    const result = await assemble(...parts)
    expect(result).toMatchObject({ code: 74, stdout: '' })
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
  })

  test('assemble says that the disk is full, and leaves nothing', async () => {
    host().mountSmallDisk('512k')
    host().put(`artifacts/${base}/conf/large`, Buffer.alloc(300_000))
    const result = await assemble('artifact', base, '', 'copy', 'conf')
    expect(result).toMatchObject({ code: 72, stderr: expect.stringMatching(/^no space left .*\n$/) })
    expect(host().list('releases')).toEqual([])
  })
})

/** Puts two artifacts into the store. */
function stock({ home, put }: TestHost): void {
  put(`artifacts/${base}/lib/trueno.js`, 'trueno')
  chmodSync(path.join(home, `artifacts/${base}/lib/trueno.js`), 0o755)
  put(`artifacts/${base}/lib/other.js`, 'other')
  put(`artifacts/${base}/conf/deep/a.ini`, 'a')
  symlinkSync('lib/trueno.js', path.join(home, `artifacts/${base}/link`))
  put(`artifacts/${engine}/bin/run`, 'engine')
  mkdirSync(path.join(home, `artifacts/${base}/lib/core/binaries`), { recursive: true })
}
