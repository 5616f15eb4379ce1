'use strict'

const fs = require('fs')
const path = require('path')

/** `mkdir -p`; Node 8 has no `recursive`. */
function makeDirectory(directory) {
  if (fs.existsSync(directory)) return
  makeDirectory(path.dirname(directory))
  try {
    fs.mkdirSync(directory)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

/** Content as text; `fallback` where there is no such file. */
function readText(file, fallback) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return fallback
    throw error
  }
}

/** Removes a file that may be absent. */
function removeFile(file) {
  try {
    fs.unlinkSync(file)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
  }
}

/** `rm -rf`; Node 8 has no `fs.rm`. */
function removeTree(target) {
  if (!fs.existsSync(target)) return
  if (!fs.lstatSync(target).isDirectory()) return fs.unlinkSync(target)
  for (const name of fs.readdirSync(target)) removeTree(path.join(target, name))
  fs.rmdirSync(target)
}

module.exports = { makeDirectory, readText, removeFile, removeTree }
