/** Where things are on a host, below our directory. All paths are absolute when `home` is. */
export interface Layout {
  readonly home: string
  readonly clusterFile: string
  readonly environmentFile: string
  /** Settings of engines beyond their environment. */
  readonly enginesFile: string
  readonly balancerFile: string
  readonly receiptFile: string
  readonly pm2Home: string
  /** Where the Java of a release lies that brings one. */
  readonly javaHome: string
  /** Core's own log lines, and its errors, of the present start. */
  readonly coreOut: string
  readonly coreErr: string
  /** pm2's log: every start and every exit of a component. */
  readonly pm2Log: string
  readonly balancerLog: string
}

export function layoutOf(home: string): Layout {
  const pm2Home = `${home}/run/pm2`
  return {
    home,
    clusterFile: `${home}/etc/cluster.json`,
    environmentFile: `${home}/etc/environment`,
    enginesFile: `${home}/etc/engines`,
    balancerFile: `${home}/etc/balancer.json`,
    receiptFile: `${home}/receipt.json`,
    pm2Home,
    javaHome: `${home}/current/runtime/java`,
    coreOut: `${pm2Home}/logs/Trueno-Core-out-0.log`,
    coreErr: `${pm2Home}/logs/Trueno-Core-error-0.log`,
    pm2Log: `${pm2Home}/pm2.log`,
    balancerLog: `${home}/run/balancer/loadbalancer.out`,
  }
}

/** Longest path of a Unix socket that pm2 makes below PM2_HOME; the kernel allows 107 bytes. */
export function longestSocket(home: string): string {
  return `${layoutOf(home).pm2Home}/interactor.sock`
}
