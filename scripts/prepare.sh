#!/bin/sh
# Installs the dependencies and builds, each only when needed; so that `npm start` and `npm test` work on a fresh clone.
# What takes its time is said on standard error; npm and the compiler speak only when something is wrong.
#   usage: prepare.sh
set -eu
cd "$(dirname "$0")/.."

if [ ! -e node_modules/.package-lock.json ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
  echo "Installing the dependencies, into node_modules (this once) …" >&2
  # Not `npm ci`: it refuses a lock file without the native packages of other platforms, which not every mirror has.
  npm install --no-save --no-audit --no-fund --prefer-offline --no-progress --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
if [ ! -e dist/.built ] || [ -n "$(find src package.json tsconfig.json tsconfig.build.json -newer dist/.built -print -quit)" ]; then
  echo "Building …" >&2
  rm -rf dist
  npm run --silent build
  chmod 755 dist/bin.js
  touch dist/.built
fi
