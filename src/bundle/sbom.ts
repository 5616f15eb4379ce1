import type { BundledPart, Dependency, Manifest } from './manifest.js'
import { parseSpec } from './spec.js'

/** A software bill of materials in the form of CycloneDX 1.5: the same for the same bundle. */
export function sbomOf(manifest: Manifest): object {
  const { release, tool, label, parts, dependencies } = manifest
  const [trueno] = parts
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(release)}`,
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'trueno-deploy', version: tool }] },
      component: {
        type: 'application',
        'bom-ref': 'release',
        name: 'trueno',
        version: trueno?.version || release.slice(0, 7),
        description: label,
        hashes: [{ alg: 'SHA-256', content: release }],
      },
    },
    components: [...parts.filter(isInside).map(partComponent), ...dependencies.map(packageComponent)],
  }
}

/** Not what was left out; of Trueno itself the document tells at its top. */
function isInside({ files, to }: BundledPart): boolean {
  return files > 0 && to !== ''
}

/** The first half of a hash, marked as a UUID made from a name. */
function uuidOf(hash: string): string {
  const [a, b, c, d, e] = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(13, 16),
    hash.slice(17, 20),
    hash.slice(20, 32),
  ]
  return `${a}-${b}-5${c}-8${d}-${e}`
}

function partComponent({ name, title, version, licence, source, sha256, cost, to }: BundledPart): object {
  const purl = purlOf(source, name, version, sha256)
  return {
    type: name === 'console' ? 'library' : 'application',
    'bom-ref': to,
    name: title,
    ...(version !== '' && { version }),
    ...(cost !== undefined && { description: `stand-in: ${cost}` }),
    ...(sha256 !== undefined && { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    ...licencesOf(cost === undefined ? licence : 'MIT'),
    ...(purl !== null && { purl }),
  }
}

function packageComponent({ path, name, version, licence, integrity }: Dependency): object {
  return {
    type: 'library',
    'bom-ref': path,
    name,
    ...(version !== '' && { version }),
    ...hashesOf(integrity),
    ...licencesOf(licence),
    purl: `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`,
  }
}

/** npm's text of a hash as hexadecimal digits; none that is not as long as it should be. */
function hashesOf(integrity: string): object {
  const [, alg = '', base64 = ''] = /^sha(1|256|384|512)-([A-Za-z0-9+/=]+)/.exec(integrity) ?? []
  const content = Buffer.from(base64, 'base64').toString('hex')
  return content.length * 4 === Number(alg === '1' ? 160 : alg) && alg !== ''
    ? { hashes: [{ alg: `SHA-${alg}`, content }] }
    : {}
}

function licencesOf(licence: string): object {
  if (licence === '') return {}
  if (identifiers.has(licence)) return { licenses: [{ license: { id: licence } }] }
  const isExpression = licence
    .replace(/[()]/g, ' ')
    .split(/ (?:OR|AND|WITH) /)
    .every((word) => identifiers.has(word.trim()) || word.trim() === 'Classpath-exception-2.0')
  return { licenses: [isExpression ? { expression: licence } : { license: { name: licence } }] }
}

/** Of the names that SPDX gives, those met in releases; others are told as they are written. */
const identifiers = new Set([
  '0BSD',
  'AFL-2.1',
  'Apache-2.0',
  'Artistic-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'GPL-2.0-only',
  'ISC',
  'LGPL-2.1-only',
  'LGPL-3.0-only',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
])

/** Where a package manager would find it; null: nowhere. */
function purlOf(source: string, name: string, version: string, sha256: string | undefined): string | null {
  const spec = parseSpec(source, '/')
  if (spec?.kind === 'npm') return `pkg:npm/${spec.name.replace('@', '%40')}@${spec.version}`
  if (spec?.kind === 'pypi') return `pkg:pypi/${spec.name.toLowerCase()}@${spec.version}`
  if (spec?.kind === 'maven') return mavenPurl(spec.artifact)
  if (spec?.kind !== 'url') return null
  const checksum = sha256 === undefined ? '' : `&checksum=sha256:${sha256}`
  return `pkg:generic/${name}${version && `@${version}`}?download_url=${encodeURIComponent(spec.url)}${checksum}`
}

function mavenPurl(artifact: string): string {
  const [group = '', name = '', version = '', type = 'jar', classifier = ''] = artifact.split(':')
  return `pkg:maven/${group}/${name}@${version}?${classifier && `classifier=${classifier}&`}type=${type}`
}
