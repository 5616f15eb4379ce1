// Takes a file of an HTTP server where there is no curl: its bytes go to standard output. Plain JavaScript of Node 8.
// Standard input: the address, and the offset to begin at; so that a signed address is in no list of processes.
// Exit codes: 0 all of it came · 21 no connection · 22 refused · 60 its certificate is not trusted here

const fs = require('fs')

const untrusted = /^(ERR_TLS_CERT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/
const words = fs.readFileSync(0, 'utf8').trim().split(' ')
ask(words[0], Number(words[1]), 5)

function ask(address, offset, redirects) {
  const client = require(/^https:/.test(address) ? 'https' : 'http')
  const headers = offset > 0 ? { Range: `bytes=${offset}-` } : {}
  const { protocol, hostname, port, pathname, search } = new (require('url').URL)(address)
  const options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: pathname + search, headers }
  const request = client.get(options, (response) => {
    const to = response.headers.location
    if (response.statusCode >= 300 && response.statusCode < 400 && to && redirects > 0) {
      response.resume()
      return ask(new (require('url').URL)(to, address).href, offset, redirects - 1)
    }
    if (response.statusCode !== (offset > 0 ? 206 : 200)) process.exit(22)
    response.on('aborted', () => process.exit(23))
    response.pipe(process.stdout)
  })
  request.on('error', (error) => process.exit(untrusted.test(error.code) ? 60 : 21))
}
