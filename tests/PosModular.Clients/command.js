import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a script in a folder; fails with what it printed. */
export async function run(folder, script, ...parameters) {
  try {
    await promisify(execFile)(process.execPath, [script, ...parameters], { cwd: folder });
  } catch (error) {
    throw new Error(error.stdout + error.stderr);
  }
}

export const compile = (project) => run('.', 'node_modules/typescript/bin/tsc', '--project', project);
