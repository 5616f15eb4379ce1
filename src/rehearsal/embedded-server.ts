import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session, type TcpipRequestInfo } from 'ssh2'
import { dial } from '../ssh/dial.js'
import { parseNetworks } from '../ssh/networks.js'
import type { World } from '../world.js'
import { generateSshKeyPair } from './host-key.js'

/** A host made of an SSH server in this process. */
export interface EmbeddedHostOptions {
  /** Loopback address to listen at. */
  readonly address: string
  /** Default: 0, a free one. */
  readonly port?: number
  /** HOME of the sessions, which begin there. */
  readonly home: string
  /** The one login that is let in: any user name with this public key, `type base64`. */
  readonly authorizedKey: string
  /** Lets any user in with this password too. */
  readonly password?: string
  /** Environment of the sessions beside HOME. `PATH` should be in it. */
  readonly environment: Readonly<Record<string, string>>
  /** Login shell, given `-c` and the command. Default: `/bin/sh`. */
  readonly shell?: string
  readonly world: World
}

export interface EmbeddedHost extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** The host's own key, `ssh-ed25519 AAAA…`. */
  readonly hostKey: string
  /** Cuts all connections, as a network does: nobody is told. */
  cut(): void
}

/** Starts a host. It serves commands and TCP forwarding within 127.0.0.0/8 and ::1, and nothing else. */
export async function startEmbeddedHost(options: EmbeddedHostOptions): Promise<EmbeddedHost> {
  const key = generateSshKeyPair()
  const connections = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [key.privateKey] }, (connection) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
    serve(connection, options)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.address, resolve)
  })
  return {
    address: options.address,
    port: (server.address() as AddressInfo).port,
    hostKey: key.publicKey,
    cut: () => cutAll(connections),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.end()
      cutAll(connections)
      await closed
    },
  }
}

// Not in the types: the socket below is the only way to end a connection without a word.
function cutAll(connections: ReadonlySet<Connection>): void {
  for (const connection of connections) (connection as unknown as { _sock: { destroy(): void } })._sock.destroy()
}

function serve(connection: Connection, options: EmbeddedHostOptions): void {
  // A client that goes away in the middle is no event here.
  connection.on('error', () => {})
  connection.setMaxListeners(0)
  connection.on('authentication', (attempt) => authenticate(attempt, options))
  connection.on('session', (accept) => serveSession(connection, accept(), options))
  connection.on('tcpip', (accept, reject, info) => void forward(accept, reject, info, options.world))
}

function authenticate(attempt: AuthContext, { authorizedKey, password }: EmbeddedHostOptions): void {
  if (attempt.method === 'publickey' && isAuthorized(attempt, authorizedKey)) attempt.accept()
  else if (attempt.method === 'password' && password !== undefined && attempt.password === password) attempt.accept()
  else attempt.reject(password === undefined ? ['publickey'] : ['publickey', 'password'])
}

type KeyAttempt = Extract<AuthContext, { method: 'publickey' }>

/** The first time a client only asks whether its key would do; the second time it has signed. */
function isAuthorized(attempt: KeyAttempt, authorizedKey: string): boolean {
  const key = ssh2.utils.parseKey(authorizedKey)
  if (key instanceof Error || !key.getPublicSSH().equals(attempt.key.data)) return false
  if (attempt.signature === undefined || attempt.blob === undefined) return true
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true
}

function serveSession(connection: Connection, session: Session, options: EmbeddedHostOptions): void {
  const asked: Record<string, string> = {}
  session.on('env', (accept, _reject, { key, val }) => {
    asked[key] = val
    accept?.()
  })
  session.on('exec', (accept, _reject, { command }) => {
    const child = startShell(command, options, asked)
    const channel = accept()
    connect(child, channel)
    connection.once('close', () => release(child))
  })
}

function startShell(
  command: string,
  { shell = '/bin/sh', home, environment }: EmbeddedHostOptions,
  asked: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  const env = { ...environment, ...asked, HOME: home, SHELL: shell }
  return spawn(shell, ['-c', command], { cwd: home, env, stdio: 'pipe' })
}

function connect(child: ChildProcessWithoutNullStreams, channel: ServerChannel): void {
  channel.on('error', () => {})
  child.stdin.on('error', () => {})
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  channel.once('close', () => release(child))
  child.on('error', (error) => {
    channel.stderr.write(`${error.message}\n`)
    channel.exit(127)
    channel.end()
  })
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 1)
    else channel.exit(signal.replace('SIG', ''))
    channel.end()
  })
}

/** As sshd: a command is not ended with its channel, it only loses its ends of it. */
function release(child: ChildProcessWithoutNullStreams): void {
  child.stdin.destroy()
  child.stdout.destroy()
  child.stderr.destroy()
}

const loopback = parseNetworks('127.0.0.0/8,::1')
const forwardTimeoutMs = 10_000

async function forward(
  accept: () => ServerChannel,
  reject: () => void,
  { destIP, destPort }: TcpipRequestInfo,
  world: World,
): Promise<void> {
  try {
    const socket = await dial(destIP, destPort, { world, only: loopback, timeoutMs: forwardTimeoutMs })
    const channel = accept()
    channel.on('error', () => {})
    channel.once('close', () => socket.destroy())
    socket.on('error', () => channel.close())
    socket.pipe(channel).pipe(socket)
  } catch {
    reject()
  }
}
