'use strict'

/** Trueno downloads its engines here; the stand-in brings its own. */
function main() {
  process.stdout.write("info: Trueno setup successful, run '$ trueno start' to start the database.\n")
}

module.exports = { main }
