/**
 * A worker of an app in one build with its page: what both are made of is fetched and kept once.
 *
 * What must hold: the worker stands as `new Worker(new URL('./NAME.ts', import.meta.url)` in `owner` and is a module; one that is not found there ends the
 * build; in a server for development nothing changes.
 */
import type { Plugin } from 'vite';

const WORKER = /new Worker\(new URL\('(\.\/[a-z-]+\.ts)', import\.meta\.url\)/;

/** `owner`: how the path of the module ends that starts the worker. */
export function sharedWorker(owner: string): Plugin {
  return {
    name: 'sokkin-shared-worker',
    apply: 'build',
    enforce: 'pre',
    async transform(code, id) {
      if (!id.endsWith(owner)) return null;
      const [found, name] = WORKER.exec(code) ?? [];
      const worker = name === undefined ? null : await this.resolve(name, id);
      if (found === undefined || worker === null) throw new Error(`${id} starts no worker that is there`);
      const reference = this.emitFile({ type: 'chunk', id: worker.id });
      return code.replace(found, `new Worker(import.meta.ROLLUP_FILE_URL_${reference}`);
    },
  };
}
