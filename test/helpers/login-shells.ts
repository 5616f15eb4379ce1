/** Login shells as hosts have them; sshd runs each with `-c` and the command. */
export const loginShells = {
  dash: ['dash'],
  bash: ['bash'],
  busybox: ['busybox', 'sh'],
  fish: ['fish'],
  tcsh: ['tcsh'],
  csh: ['csh'],
} satisfies Record<string, [string, ...string[]]>
