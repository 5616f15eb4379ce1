'use strict'

/** Stand-in for Spark 2.1: what `spark-class CLASS ARGUMENTS` starts. */
const classes = {
  'org.apache.spark.deploy.master.Master': './master',
  'org.apache.spark.deploy.worker.Worker': './worker',
}

function main([name, ...argv]) {
  if (!(name in classes)) {
    process.stderr.write(`Error: Could not find or load main class ${name}\n`)
    process.exit(1)
  }
  return require(classes[name]).main(argv.filter((word) => word !== ''))
}

main(process.argv.slice(2))
