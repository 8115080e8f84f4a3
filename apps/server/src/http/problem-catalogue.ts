/** The catalogue of problems, as a document, as a page, and as data. */
import type { FastifyInstance } from 'fastify';
import { FIXES } from '../problem-fixes.ts';
import { PROBLEMS } from '../problems.ts';

export interface CatalogueRow {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
  readonly fix: string;
}

/** By status, then by code. */
export const CATALOGUE: readonly CatalogueRow[] = Object.entries(FIXES)
  .map(([code, fix]): CatalogueRow => {
    const { status, retryable, title } = PROBLEMS[code as keyof typeof PROBLEMS];
    return { code, status, retryable, title, fix };
  })
  .sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1));

/** docs/api/errors.md. */
export const catalogueDocument = (): string => `# Every problem that the API answers with

Made by \`npm run contract\` from \`apps/server/src/problems.ts\` and \`problem-fixes.ts\`; a server shows its own at
\`GET /problems\`. A code never changes its meaning. *Retryable*: the very same request may succeed later; repeat it with
the same \`Idempotency-Key\`. The SDK does so by itself.

| status | code | retryable | what happened | what to do |
|---|---|---|---|---|
${CATALOGUE.map((row) => `| ${row.status} | \`${row.code}\` | ${row.retryable ? 'yes' : 'no'} | ${row.title} | ${row.fix} |`).join('\n')}
`;

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (c) => MARKUP[c] ?? c);
const withCode = (text: string): string => escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const row = ({ code, status, retryable, title, fix }: CatalogueRow): string =>
  `<tr id="${code}"><th scope="row"><a href="#${code}"><code>${code}</code></a></th><td>${status}</td><td>${
    retryable ? 'yes' : 'no'
  }</td><td>${escaped(title)}</td><td>${withCode(fix)}</td></tr>`;

const page = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Problems of the Sokkin API</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body class="plain">
<main>
<h1>Problems</h1>
<p>Every refusal of the <a href="/docs">API</a> has one of these codes. <em>Retryable</em>: the very same request may
succeed later.</p>
<div class="scroll" tabindex="0" role="region" aria-label="All problems">
<table>
<thead><tr><th scope="col">code</th><th scope="col">status</th><th scope="col">retryable</th>
<th scope="col">what happened</th><th scope="col">what to do</th></tr></thead>
<tbody>
${CATALOGUE.map(row).join('\n')}
</tbody>
</table>
</div>
</main>
</body>
</html>
`;

/** So that the `type` of a problem, `/problems#code`, leads somewhere: for people a page, for programs JSON. */
export function problemCatalogue(app: FastifyInstance): void {
  const html = page();
  app.get('/problems', { config: { access: 'open' }, schema: { hide: true } }, async (request, reply) => {
    reply.header('vary', 'accept');
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return { data: CATALOGUE };
    reply.header('content-security-policy', "default-src 'none'; style-src 'self'");
    return reply.type('text/html; charset=utf-8').send(html);
  });
}
