'use strict'

const pollMs = 100

/** SIGINT, then SIGKILL to what still lives after `killTimeoutMs`; resolves when it is gone. */
async function stopProcess(pid, killTimeoutMs, log) {
  signal(pid, 'SIGINT')
  if (await isGoneWithin(pid, killTimeoutMs, log)) return
  log('Process with pid %d still alive after %sms, sending it SIGKILL now...', pid, killTimeoutMs)
  signal(pid, 'SIGKILL')
  if (await isGoneWithin(pid, killTimeoutMs, log)) return
  log('Process with pid %d could not be killed', pid)
}

function isGoneWithin(pid, limitMs, log) {
  const end = Date.now() + limitMs
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const gone = !signal(pid, 0)
      if (gone) log('pid=%d msg=process killed', pid)
      else log('pid=%d msg=failed to kill - retrying in 100ms', pid)
      if (!gone && Date.now() < end) return
      clearInterval(timer)
      resolve(gone)
    }, pollMs)
  })
}

/** False when there is no such process. */
function signal(pid, name) {
  try {
    return process.kill(pid, name)
  } catch (_error) {
    return false
  }
}

module.exports = { stopProcess }
