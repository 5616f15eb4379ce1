'use strict'

const path = require('path')

const packageRoot = path.resolve(__dirname, '../..')

/** The places that Trueno's package has, absolute. */
module.exports = {
  packageRoot,
  conf: path.join(packageRoot, 'conf'),
  lib: path.join(packageRoot, 'lib'),
  binaries: path.join(packageRoot, 'lib/core/binaries'),
  /** Data when no --dir is given; core's own JSON logs are always here. */
  ownData: path.join(packageRoot, 'lib/core/data'),
}
