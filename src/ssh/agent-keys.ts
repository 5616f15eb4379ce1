import { connect } from 'node:net'

/** Types of the keys in an agent that ssh2 passes over in silence: certificates, and keys in devices. */
export async function agentKeysOnlyOpenSsh(socket: string): Promise<readonly string[]> {
  const types = await agentKeyTypes(socket).catch(() => [])
  return types.filter((type) => /^sk-|-cert-v\d\d@/.test(type))
}

const requestIdentities = Buffer.from([0, 0, 0, 1, 11])

/** Asks in the agent's own protocol (draft-miller-ssh-agent): a length, a type, a count, then key and comment by turns. */
async function agentKeyTypes(path: string): Promise<readonly string[]> {
  const socket = connect(path)
  socket.write(requestIdentities)
  let answer = Buffer.alloc(0)
  for await (const chunk of socket) {
    answer = Buffer.concat([answer, chunk as Buffer])
    if (answer.length >= 4 && answer.length >= 4 + answer.readUInt32BE(0)) break
  }
  socket.destroy()
  return keyTypes(answer.subarray(9))
}

function keyTypes(list: Buffer): readonly string[] {
  const types: string[] = []
  for (let at = 0; at + 8 <= list.length; ) {
    const typeLength = list.readUInt32BE(at + 4)
    types.push(list.toString('latin1', at + 8, at + 8 + typeLength))
    at += 4 + list.readUInt32BE(at)
    at += 4 + list.readUInt32BE(at)
  }
  return types
}
