import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tgzOf } from '../release/archives.js'

export interface NpmRegistry extends AsyncDisposable {
  readonly url: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
  /** Resolves with the first request. */
  readonly reached: Promise<void>
  /** Resolves when nobody is connected any more. */
  left(): Promise<void>
}

/** A registry on this machine with these packages, for the real npm. @param isMute it takes requests and never answers */
export async function npmRegistry(packages: Readonly<Record<string, string>>, isMute = false): Promise<NpmRegistry> {
  const asked: string[] = []
  let url = ''
  const tarballs = new Map<string, Buffer>()
  for (const [name, version] of Object.entries(packages)) {
    const manifest = JSON.stringify({
      name,
      version,
      license: 'MIT',
      scripts: { postinstall: 'exit 1' },
    })
    tarballs.set(name, await tgzOf({ 'package.json': manifest, 'index.js': '' }))
  }
  let first = (): void => {}
  const reached = new Promise<void>((resolve) => {
    first = resolve
  })
  const answer: RequestListener = ({ url: path = '' }, response) => {
    asked.push(path)
    first()
    if (isMute) return
    const name = path.slice(1).replace(/\.tgz$/, '')
    const tarball = tarballs.get(name)
    if (tarball === undefined) response.writeHead(404).end('{}')
    else if (path.endsWith('.tgz')) response.end(tarball)
    else response.end(packument(name, packages[name] ?? '', `${url}${name}.tgz`, tarball))
  }
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    asked,
    reached,
    left: () => new Promise((resolve) => server.close(() => resolve())),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function packument(name: string, version: string, tarball: string, content: Buffer): string {
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
  const versions = { [version]: { name, version, dist: { tarball, integrity } } }
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions })
}
