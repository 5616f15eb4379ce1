import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import ssh2, { type Algorithms, type Client, type ParsedKey } from 'ssh2'
import type { BenchHost } from './hosts.js'

// What is left when all of the tool is taken away: look each host up in the SSH configuration, connect, check its key,
// run the same script, read what it prints, close. 64 at once, the private key parsed once, the same algorithms.
//
// usage: bare-loop.js HOSTS-FILE IDENTITY-FILE

const [hostsFile = '', identityFile = ''] = process.argv.slice(2)
const hosts: readonly BenchHost[] = JSON.parse(readFileSync(hostsFile, 'utf8'))
const key = ssh2.utils.parseKey(readFileSync(identityFile)) as ParsedKey
// Those that the tool and sshd agree on.
const algorithms: Algorithms = {
  kex: ['curve25519-sha256'],
  cipher: ['aes128-gcm@openssh.com'],
  serverHostKey: ['ssh-ed25519'],
  compress: ['none'],
}

const waiting = [...hosts]
await Promise.all(Array.from({ length: 64 }, inTurn))

async function inTurn(): Promise<void> {
  for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
    const output = await visit(host)
    if (!output.endsWith('\nend\n')) throw new Error(`${host.key} said no facts:\n${output}`)
  }
}

async function visit(host: BenchHost): Promise<string> {
  const settings = await lookUp(host)
  const client = await connect(host, settings)
  const output = await gather(client, readFileSync(host.factsInput))
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.end()
  await closed
  return output
}

async function lookUp({ key: address, user, port }: BenchHost): Promise<Map<string, string>> {
  const identity = `IdentityFile="${identityFile}"`
  const args = ['-G', '-o', 'CanonicalizeHostname=no', '-l', user, '-p', String(port), '-o', identity, '--', address]
  const { stdout } = await promisify(execFile)('ssh', args)
  return new Map(
    stdout.split('\n').map((line): [string, string] => {
      const at = line.indexOf(' ')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}

function connect(host: BenchHost, settings: Map<string, string>): Promise<Client> {
  const client = new ssh2.Client()
  const username = settings.get('user') ?? ''
  // Its type says text; a key that is parsed already saves time.
  const method = { type: 'publickey' as const, username, key: key as unknown as string }
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject)
    client.connect({
      host: settings.get('hostname') ?? '',
      port: Number(settings.get('port')),
      username,
      algorithms,
      hostVerifier: (blob: Buffer) => host.hostKey.endsWith(blob.toString('base64')),
      authHandler: (_offered, _partial, next) => next(method),
    })
  })
}

function gather(client: Client, input: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    client.exec('exec sh', (error, channel) => {
      if (error !== undefined) return reject(error)
      const chunks: Buffer[] = []
      channel.on('data', (chunk: Buffer) => chunks.push(chunk))
      channel.stderr.resume()
      channel.once('close', () => resolve(Buffer.concat(chunks).toString()))
      channel.end(input)
    })
  })
}
