/**
 * The API for people: one static page that renders /openapi.json, with nothing from any other server.
 * What must hold: text of the document is only ever set as text, so nothing in it can become markup.
 */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sokkin API</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem; }
  #description { white-space: pre-wrap; }
  details { border-top: 1px solid var(--line); padding: .5rem 0; }
  summary { cursor: pointer; }
  .verb { display: inline-block; min-width: 4rem; font-weight: 700; }
  code { font-family: ui-monospace, monospace; }
</style>
<main>
  <h1 id="title">Sokkin API</h1>
  <p><a href="/openapi.json">OpenAPI 3.1 document</a></p>
  <pre id="description"></pre>
  <div id="paths"></div>
  <noscript>This page needs JavaScript; the document itself does not.</noscript>
</main>
<script>
  const add = (parent, name, text, className) => {
    const element = parent.appendChild(document.createElement(name));
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const schemaOf = (content) => Object.values(content ?? {})[0]?.schema;
  fetch('/openapi.json').then((r) => r.json()).then((api) => {
    document.getElementById('title').textContent = api.info.title + ' ' + api.info.version;
    document.getElementById('description').textContent = api.info.description;
    const list = document.getElementById('paths');
    const groups = new Map();
    for (const [path, verbs] of Object.entries(api.paths)) {
      for (const [verb, operation] of Object.entries(verbs)) {
        const tag = operation.tags?.[0] ?? 'other';
        groups.set(tag, [...(groups.get(tag) ?? []), { path, verb, operation }]);
      }
    }
    for (const [tag, operations] of groups) {
      add(list, 'h2', tag);
      for (const { path, verb, operation } of operations) {
        const details = add(list, 'details');
        const summary = add(details, 'summary');
        add(summary, 'span', verb.toUpperCase(), 'verb');
        add(summary, 'code', path);
        add(details, 'p', operation.summary ?? '');
        for (const p of operation.parameters ?? []) {
          add(details, 'p', p.in + ' ' + p.name + (p.required ? ' (required)' : '') + ' ' + (p.description ?? ''));
        }
        const body = schemaOf(operation.requestBody?.content);
        if (body) { add(details, 'h4', 'Request'); add(details, 'pre', JSON.stringify(body, null, 2)); }
        for (const [status, answer] of Object.entries(operation.responses ?? {})) {
          add(details, 'h4', 'Answer ' + status);
          const schema = schemaOf(answer.content);
          if (schema) add(details, 'pre', JSON.stringify(schema, null, 2));
        }
      }
    }
  });
</script>
</html>
`;
