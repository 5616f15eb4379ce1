import { startSshd } from '../helpers/sshd.js'
import { connectionContract } from './contract.js'

connectionContract('the OpenSSH client and a real sshd', startSshd, { transport: 'openssh' })
