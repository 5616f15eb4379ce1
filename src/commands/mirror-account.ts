import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, UsageError } from '../errors.js'
import { type Account, isSigned, type Mirror, openMirror } from '../mirror/mirror.js'
import type { Io } from './io.js'

/** A mirror, with the keys that this machine has for it. @throws UsageError */
export async function mirrorOf(url: string, io: Pick<Io, 'env' | 'homeDirectory'>): Promise<Mirror> {
  return openMirror(url, isSigned(url) ? await accountOf(url, io) : null)
}

async function accountOf(url: string, { env, homeDirectory }: Pick<Io, 'env' | 'homeDirectory'>): Promise<Account> {
  const profile = env.AWS_PROFILE || 'default'
  const folder = join(homeDirectory, '.aws')
  const keys = await section(env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'), [profile])
  const config = await section(env.AWS_CONFIG_FILE || join(folder, 'config'), [profile, `profile ${profile}`])
  const isFromEnvironment = Boolean(env.AWS_ACCESS_KEY_ID)
  const accessKeyId = env.AWS_ACCESS_KEY_ID || keys.aws_access_key_id
  const secretAccessKey = isFromEnvironment ? env.AWS_SECRET_ACCESS_KEY : keys.aws_secret_access_key
  const sessionToken = isFromEnvironment ? env.AWS_SESSION_TOKEN : keys.aws_session_token
  if (!accessKeyId || !secretAccessKey) throw new UsageError([noKeys(url, profile)])
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || config.endpoint_url
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || config.region || 'us-east-1',
    ...(endpoint && { endpoint }),
  }
}

/** The settings of the first of these sections that a file of AWS has; empty: there is no such file, or section. */
async function section(file: string, names: readonly string[]): Promise<Readonly<Partial<Record<string, string>>>> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const settings: Record<string, string> = {}
  let isWanted = false
  for (const line of text.split('\n')) {
    const [, name] = /^\s*\[\s*(.+?)\s*\]/.exec(line) ?? []
    if (name !== undefined) isWanted = names.includes(name)
    const [, key = '', value = ''] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (isWanted && key !== '') settings[key] = value
  }
  return settings
}

function noKeys(url: string, profile: string) {
  return errorProblem({
    code: 'mirror-keys',
    title: 'there are no keys for the mirror',
    cause: `addresses at ${url} are signed on this machine, and it has no AWS_ACCESS_KEY_ID, nor a profile ${profile} in ~/.aws/credentials`,
    remedy: 'set the AWS_… variables or AWS_PROFILE, or take `mirror` out of the inventory',
  })
}
