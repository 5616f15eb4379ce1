import { startSshd } from '../helpers/sshd.js'
import { connectionContract } from './contract.js'

connectionContract('ssh2 and a real sshd', startSshd)
