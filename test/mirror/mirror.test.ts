import { describe, expect, it } from 'vitest'
import { isMirrorAddress, openMirror } from '../../src/mirror/mirror.js'
import { presign } from '../../src/mirror/sign.js'

/** The keys of the examples in AWS's own documentation of Signature Version 4. */
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const now = Date.UTC(2013, 4, 24)
const wire = 'a'.repeat(64)

describe('an address that is signed', () => {
  it('is the one of the example in the documentation', () => {
    const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt')
    expect(presign(url, credentials, { method: 'GET', region: 'us-east-1', now, expires: 86_400 })).toBe(
      'https://examplebucket.s3.amazonaws.com/test.txt' +
        '?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    )
  })

  it('has the token of temporary keys, and no secret', () => {
    const mirror = openMirror('s3://trueno/a b', {
      credentials: { ...credentials, sessionToken: 'token+/=' },
      region: 'eu-central-1',
    })
    const address = mirror.address(wire, 'PUT', now)
    expect(address).toContain(`https://trueno.s3.eu-central-1.amazonaws.com/a%20b/${wire}?`)
    expect(address).toContain('&X-Amz-Security-Token=token%2B%2F%3D&')
    expect(address).not.toContain(credentials.secretAccessKey)
    expect(address).not.toBe(mirror.address(wire, 'GET', now))
  })

  it('goes by the path where another server than AWS is named', () => {
    const account = { credentials, region: 'us-east-1', endpoint: 'http://127.0.0.1:9000/' }
    const mirror = openMirror('s3://trueno/releases/', account)
    expect(mirror.address(wire, 'GET', now)).toContain(`http://127.0.0.1:9000/trueno/releases/${wire}?`)
    expect([mirror.name, mirror.host]).toEqual(['s3://trueno/releases/', '127.0.0.1'])
  })
})

it('an address that is not signed is the file below it', () => {
  expect(openMirror('https://mirror.lab/trueno/', null).address(wire, 'GET', now)).toBe(
    `https://mirror.lab/trueno/${wire}`,
  )
  expect(openMirror('http://[::1]:8080', null)).toMatchObject({ host: '::1' })
})

it.each([
  ['https://mirror.lab/trueno', true],
  ['http://127.0.0.1:8080', true],
  ['s3://bucket', true],
  ['s3://bucket/pre/fix', true],
  ['https://user:password@mirror.lab', false],
  ['https://mirror.lab/?key=1', false],
  ['s3://Bucket', false],
  ['ftp://mirror.lab', false],
  ['https://', false],
  ['mirror.lab', false],
])('%s is a mirror: %s', (text, is) => {
  expect(isMirrorAddress(text)).toBe(is)
})
