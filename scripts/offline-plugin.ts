/**
 * Makes a built app work without a network: a service worker that keeps its files.
 *
 * What must hold: a version of the app is taken whole or not at all; a page that is open goes on with the version that it began with, and the
 * next start has the new one, or the page says itself that it starts anew ('sokkin: take over'); the API is never answered from what was kept.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Fonts come when they are needed, and are kept then. */
const isFont = (name: string): boolean => name.endsWith('.woff2');

export function offline(): Plugin {
  /** Copied as they are: name and bytes. */
  const copied = new Map<string, Uint8Array>();
  return {
    name: 'sokkin-offline',
    apply: 'build',
    async configResolved({ publicDir }) {
      for (const name of await readdir(publicDir).catch(() => []))
        copied.set(name, await readFile(join(publicDir, name)));
    },
    generateBundle: {
      // After everybody who still drops files: one that is listed and not there would keep the whole version from being kept.
      order: 'post',
      handler(_options, bundle) {
        const made = Object.keys(bundle).filter((name) => !isFont(name) && name !== 'index.html');
        const files = ['./', ...[...copied.keys(), ...made].map((n) => `./${n}`)].sort();
        const hash = createHash('sha256').update(JSON.stringify(files));
        // The names of what was made say what is in it; those of the page itself and of what was copied do not.
        for (const name of [...copied.keys()].sort()) hash.update(copied.get(name) ?? '');
        const page = bundle['index.html'];
        if (page?.type === 'asset') hash.update(page.source);
        const version = hash.digest('hex').slice(0, 16);
        this.emitFile({ type: 'asset', fileName: 'offline.js', source: worker(version, files) });
      },
    },
  };
}

const worker = (version: string, files: readonly string[]): string =>
  `
const KEPT = 'sokkin-' + new URL(self.registration.scope).pathname + '-${version}';
const FILES = ${JSON.stringify(files)};
const mine = (name) => name.startsWith('sokkin-' + new URL(self.registration.scope).pathname + '-');
self.addEventListener('install', (event) => event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES))));
self.addEventListener('activate', (event) => event.waitUntil((async () => {
  // Windows of the version before may be open still, in the middle of something: rooms that they open late are theirs. Older ones go.
  const others = (await caches.keys()).filter((name) => mine(name) && name !== KEPT);
  for (const name of others.slice(0, -1)) await caches.delete(name);
  // Rooms that come late are there for the page of the first visit, too. A later version is active only when no page of an earlier one is left.
  await self.clients.claim();
})()));
self.addEventListener('message', (event) => { if (event.data === 'sokkin: take over') self.skipWaiting(); });
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const scope = new URL(self.registration.scope);
  if (event.request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  event.respondWith((async () => {
    const cache = await caches.open(KEPT);
    const isPage = event.request.mode === 'navigate';
    const kept = await cache.match(isPage ? './' : event.request);
    if (kept !== undefined) return kept;
    const before = isPage ? undefined : await caches.match(event.request);
    if (before !== undefined) return before;
    const fresh = await fetch(event.request);
    if (fresh.ok && url.pathname.endsWith('.woff2')) await cache.put(event.request, fresh.clone());
    return fresh;
  })());
});
`.trimStart();
