/**
 * The built apps (wallet and others), served as files from one folder, each under its own name.
 *
 * What must hold: only files that were there at the start are ever read; nothing comes from another server, and nothing that is not one
 * of these files runs; files with a hash in their name are kept for good, and the page that names them is asked for anew each time.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

const POLICY = [
  "default-src 'none'",
  // And the readers of this machine, through its bridge (docs/readers.md, 4).
  "connect-src 'self' ws://127.0.0.1:8789",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // One app may show another beside it.
  "frame-ancestors 'self'",
].join('; ');

const FOREVER = 'public, max-age=31536000, immutable';
const HASHED = /^assets\//;

/** `folder` has one folder an app, each with an index.html. */
export async function appPages(app: FastifyInstance, folder: string): Promise<void> {
  const apps = await readdir(folder, { withFileTypes: true });
  for (const { name } of apps.filter((entry) => entry.isDirectory()))
    await serveApp(app, `/${name}`, join(folder, name));
  if (apps.some(({ name }) => name === FRONT))
    app.get('/', { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) =>
      reply.redirect(`/${FRONT}/`),
    );
}

/** Where who comes to the back-end's address is sent. */
const FRONT = 'desk';

async function serveApp(app: FastifyInstance, root: string, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = path
      .slice(folder.length + 1)
      .split(sep)
      .join('/');
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    serveFile(app, `${root}/${name === 'index.html' ? '' : name}`, {
      path,
      type,
      isHashed: HASHED.test(name),
    });
  }
}

/** Pictures and fonts are packed already. */
const PACKABLE = /^(text|application)\/|svg/;
const gzipped = promisify(gzip);

interface ServedFile {
  readonly path: string;
  readonly type: string;
  readonly isHashed: boolean;
}

function serveFile(app: FastifyInstance, url: string, { path, type, isHashed }: ServedFile): void {
  let packed: Promise<Buffer> | undefined;
  app.get(url, { config: { access: 'open' }, schema: { hide: true } }, async (request, reply) => {
    reply
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', isHashed ? FOREVER : 'no-cache')
      .header('vary', 'accept-encoding')
      .type(type);
    if (!PACKABLE.test(type) || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? ''))
      return reply.send(await readFile(path));
    // Once, when it is first asked for.
    packed ??= readFile(path).then((bytes) => gzipped(bytes));
    return reply.header('content-encoding', 'gzip').send(await packed);
  });
}
