// Writes docs/problems.md from the tool's own table of findings. usage: node scripts/problems-page.mjs
import { mkdirSync, writeFileSync } from 'node:fs'
import { problemsPage } from '../dist/catalogue/page.js'

const page = new URL('../docs/problems.md', import.meta.url)
mkdirSync(new URL('.', page), { recursive: true })
writeFileSync(page, problemsPage())
