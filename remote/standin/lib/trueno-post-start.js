'use strict'

/** What pm2 runs as Trueno-Core. */
const { startOptions } = require('./start-options')

require('./core/main').main(startOptions(process.argv.slice(2)))
