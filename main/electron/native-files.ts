import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const hashesSchema = v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)));

/**
 * Native code and WebAssembly that differ from what was built. They lie beside the archive whose
 * integrity Electron checks, so that nothing else would notice. Files of other systems may be missing.
 * @param program folder of the program inside the archive, whose list is trusted
 * @param unpacked folder of the same layout beside it
 */
export function changedNativeFiles(program: string, unpacked: string): string[] {
  const list = v.parse(
    hashesSchema,
    JSON.parse(readFileSync(join(program, 'out', 'native-files.json'), 'utf8')),
  );
  return Object.entries(list)
    .filter(([path]) => existsSync(join(unpacked, path)))
    .filter(([path, expected]) => hashOf(join(unpacked, path)) !== expected)
    .map(([path]) => path);
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
