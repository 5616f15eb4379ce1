import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'

// Loaded into a process that is measured: says at its end, on descriptor 3, what it used. What it used before it looked
// the first host up with `ssh -G` is start-up; what comes then is its work.

let begun: ReturnType<typeof used> | null = null
subscribe('child_process', () => {
  begun ??= used()
})
process.on('exit', () => {
  const { wallMs, cpuMs } = used()
  const memoryMb = process.resourceUsage().maxRSS / 1024
  const work = begun && { wallMs: wallMs - begun.wallMs, cpuMs: cpuMs - begun.cpuMs }
  writeSync(3, `${JSON.stringify({ cpuMs, memoryMb, work })}\n`)
})

function used(): { wallMs: number; cpuMs: number } {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return { wallMs: performance.now(), cpuMs: (userCPUTime + systemCPUTime) / 1000 }
}
