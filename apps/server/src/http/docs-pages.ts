/**
 * The API for people: the try-it page, as files of its own that are read once, at start.
 *
 * What must hold: nothing comes from another server, and nothing that is not one of these files runs (the policy below);
 * only the names of this table are ever read.
 */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

const FOLDER = new URL('./docs/', import.meta.url);
const SCRIPT = 'text/javascript; charset=utf-8';

/** Address, file, type. */
const FILES = [
  ['/docs', 'docs.html', 'text/html; charset=utf-8'],
  ['/docs/docs.css', 'docs.css', 'text/css; charset=utf-8'],
  ['/docs/docs.js', 'docs.js', SCRIPT],
  ['/docs/dom.js', 'dom.js', SCRIPT],
  ['/docs/schema.js', 'schema.js', SCRIPT],
  ['/docs/token.js', 'token.js', SCRIPT],
  ['/docs/try.js', 'try.js', SCRIPT],
  ['/docs/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

const POLICY = [
  "default-src 'none'",
  "connect-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function docsPages(app: FastifyInstance): Promise<void> {
  for (const [url, file, type] of FILES) {
    const text = await readFile(new URL(file, FOLDER), 'utf8');
    app.get(url, { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) =>
      reply
        .header('content-security-policy', POLICY)
        .header('referrer-policy', 'no-referrer')
        .type(type)
        .send(text),
    );
  }
}
