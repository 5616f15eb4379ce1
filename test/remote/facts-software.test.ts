import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FactsOptions, factsOf } from './facts-of.js'
import { inEachShell, minimalPath } from './test-host.js'

inEachShell((host) => {
  const facts = (more: FactsOptions) => factsOf(host(), [], more)

  describe('of Java', () => {
    const fakeJava = (name: string) => {
      const home = path.join(host().root, name)
      mkdirSync(path.join(home, 'bin'), { recursive: true })
      copyFileSync('/bin/true', path.join(home, 'bin/java'))
      return home
    }

    test('are those of JAVA_HOME, told by its release file', async () => {
      const home = fakeJava('my java')
      host().put(`../my java/release`, 'IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_402"\n')
      expect(await facts({ env: { JAVA_HOME: home } })).toMatchObject({
        javaHome: home,
        javaVersion: 'java version "1.8.0_402"',
      })
    })

    test('are those of a runtime inside a development kit', async () => {
      const home = fakeJava('jdk/jre')
      host().put(`../jdk/release`, 'JAVA_VERSION="1.8.0_402"\n')
      expect(await facts({ env: { JAVA_HOME: home } })).toMatchObject({
        javaHome: home,
        javaVersion: 'java version "1.8.0_402"',
      })
    })

    test('are those of the java on PATH, through links, when JAVA_HOME has none', async () => {
      const home = fakeJava('java 11')
      host().put(`../java 11/release`, 'JAVA_VERSION="11.0.13"\n')
      symlinkSync(path.join(home, 'bin/java'), path.join(host().root, 'tools/java'))
      expect(await facts({ env: { JAVA_HOME: '/nowhere' } })).toMatchObject({
        javaHome: home,
        javaVersion: 'java version "11.0.13"',
      })
    })

    test('are what it says itself where no file does', async () => {
      const text =
        '#!/bin/sh\necho "Picked up JAVA_TOOL_OPTIONS: -Dx" >&2\necho "openjdk version \\"9\\"" >&2\necho more >&2\n'
      mkdirSync(path.join(host().root, 'tools/bin'))
      host().fakeTool('bin/java', text)
      const home = path.join(host().root, 'tools')
      expect(await facts({ env: { JAVA_HOME: home } })).toMatchObject({
        javaHome: home,
        javaVersion: 'openjdk version "9"',
      })
    })

    test('are those of one that is named, and of no other', async () => {
      const home = fakeJava('java 8')
      host().put(`../java 8/release`, 'JAVA_VERSION="1.8.0_402"\n')
      const asked = (java: string) => facts({ env: { JAVA_HOME: fakeJava('java 11') }, asked: [`java=${java}`] })
      expect(await asked(home)).toMatchObject({ javaHome: home, javaVersion: 'java version "1.8.0_402"' })
      expect(await asked('/nowhere')).toMatchObject({ javaHome: null, javaVersion: null })
    })

    test('are null where there is none', async () => {
      const result = await facts({
        env: { PATH: `${host().root}/tools:${minimalPath(host())}`, JAVA_HOME: '' },
      })
      expect(result).toMatchObject({
        javaHome: null,
        javaVersion: null,
        nodeVersion: null,
        tools: { java: null, node: null },
      })
    })
  })

  describe('of the addresses of its key', () => {
    test('are the key itself when it is one, without a look-up', async () => {
      host().fakeTool('getent', '#!/bin/sh\necho 10.9.9.9 STREAM\n')
      expect((await facts({ key: '127.0.0.40' })).ownAddresses).toEqual(['127.0.0.40'])
      expect((await facts({ key: 'fe80::1' })).ownAddresses).toEqual(['fe80::1'])
    })

    test('are what the host itself finds for a name, each once', async () => {
      host().fakeTool(
        'getent',
        '#!/bin/sh\ntest "$*" = "ahosts node1.lab" && printf "10.0.0.1 STREAM x\\n10.0.0.1 DGRAM\\n::1 STREAM\\n"\n',
      )
      expect((await facts({ key: 'node1.lab' })).ownAddresses).toEqual(['10.0.0.1', '::1'])
    })

    test('are none for a name that is not known', async () => {
      host().fakeTool('getent', '#!/bin/sh\nexit 2\n')
      expect((await facts({ key: 'node1.lab' })).ownAddresses).toEqual([])
    })

    test('of localhost are those of /etc/hosts', async () => {
      expect((await facts({ key: 'localhost' })).ownAddresses).toContain('127.0.0.1')
    })
  })
})
