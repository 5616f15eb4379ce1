import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * pip runs the code of a source distribution to learn its name and version, before it lets us have the file; and old ones
 * fail at that with today's Python. This takes the place of setuptools for that moment: it reads both from PKG-INFO, and
 * nothing of the package is run.
 */
const backend = `import os
import sys


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    wanted = ('Name: ', 'Version: ')
    with open('PKG-INFO', encoding='utf-8') as source:
        fields = dict(line.rstrip('\\n').split(': ', 1) for line in source if line.startswith(wanted))
    folder = '%s-%s.dist-info' % (fields['Name'].replace('-', '_'), fields['Version'])
    os.mkdir(os.path.join(metadata_directory, folder))
    with open(os.path.join(metadata_directory, folder, 'METADATA'), 'w', encoding='utf-8') as target:
        target.write('Metadata-Version: 2.1\\nName: %(Name)s\\nVersion: %(Version)s\\n' % fields)
    return folder


__legacy__ = sys.modules[__name__]
`

/** Lays it out below a folder, which PYTHONPATH is to name. */
export async function layOutBackend(folder: string): Promise<void> {
  await mkdir(join(folder, 'setuptools'), { recursive: true })
  await writeFile(join(folder, 'setuptools', '__init__.py'), '')
  await writeFile(join(folder, 'setuptools', 'build_meta.py'), backend)
}
