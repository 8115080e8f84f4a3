/** The API for people: reads /openapi.json, lists its operations, and shows the one that the address names. */
import { add, prose } from './dom.js';
import { field, fields, knowSchemas } from './schema.js';
import { credentialsPanel } from './token.js';
import { tryIt } from './try.js';

const byId = (id) => document.getElementById(id);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** All operations, in the order of the document. */
function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, verbs]) =>
    METHODS.filter((verb) => verb in verbs).map((verb) => {
      const operation = verbs[verb];
      const words =
        `${verb} ${path} ${operation.operationId} ${operation.summary} ${operation.tags}`.toLowerCase();
      return { id: operation.operationId, method: verb.toUpperCase(), path, operation, words };
    }),
  );
}

function groupsOf(api, operations) {
  const names = [
    ...new Set([...(api.tags ?? []).map((t) => t.name), ...operations.map((o) => o.operation.tags?.[0])]),
  ];
  return names
    .map((name) => ({
      name,
      says: api.tags?.find((t) => t.name === name)?.description ?? '',
      operations: operations.filter((o) => o.operation.tags?.[0] === name),
    }))
    .filter((group) => group.operations.length > 0);
}

function verb(parent, method) {
  add(parent, 'span', { class: `verb ${method.toLowerCase()}`, text: method });
}

function showList(groups) {
  const list = byId('list');
  const links = [];
  for (const group of groups) {
    const section = add(list, 'section');
    add(section, 'h2', { text: group.name });
    const items = add(section, 'ul');
    for (const o of group.operations) {
      const item = add(items, 'li');
      const link = add(item, 'a', { href: `#${o.id}`, 'data-id': o.id });
      verb(link, o.method);
      add(link, 'span', { text: o.operation.summary });
      links.push({ ...o, item, section });
    }
  }
  const search = byId('search');
  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const having = (textOf) => links.filter((link) => words.every((word) => textOf(link).includes(word)));
    // What is called so; only where nothing is, what speaks of it.
    const called = having((link) => link.operation.summary.toLowerCase());
    const found = new Set(called.length > 0 ? called : having((link) => link.words));
    for (const link of links) link.item.hidden = !found.has(link);
    for (const { section } of links) section.hidden = section.querySelector('li:not([hidden])') === null;
    byId('found').textContent = words.length === 0 ? '' : `${found.size} found`;
  });
}

function showOverview(view, api, groups) {
  add(view, 'h1', { text: api.info.title, tabindex: '-1' });
  prose(view, api.info.description);
  for (const group of groups) {
    add(view, 'h2', { text: group.name });
    if (group.says !== '') prose(view, group.says);
    const list = add(view, 'ul', { class: 'index' });
    for (const o of group.operations) {
      const link = add(add(list, 'li'), 'a', { href: `#${o.id}` });
      verb(link, o.method);
      add(link, 'code', { text: o.path });
      add(link, 'span', { text: o.operation.summary });
    }
  }
}

function showOperation(view, o) {
  const { operation } = o;
  add(view, 'h1', { text: operation.summary, tabindex: '-1' });
  const line = add(view, 'p', { class: 'address' });
  verb(line, o.method);
  add(line, 'code', { text: o.path });
  const scopes = [...new Set((operation.security ?? []).flatMap((way) => Object.values(way).flat()))];
  const needs = add(view, 'p', { class: 'quiet' });
  needs.append(scopes.length === 0 ? 'Open to anybody.' : 'Takes a token with the scope ');
  if (scopes.length > 0) add(needs, 'code', { text: scopes.join(', ') });
  add(needs, 'span', { text: `${scopes.length === 0 ? '' : '.'} In clients it is called ` });
  add(needs, 'code', { text: o.id });
  needs.append('.');
  if (operation.description) prose(view, operation.description);
  const columns = add(view, 'div', { class: 'operation' });
  const reading = add(columns, 'div');
  showRequest(reading, operation);
  showAnswers(reading, operation);
  tryIt(columns, o);
}

function showRequest(parent, operation) {
  const parameters = operation.parameters ?? [];
  if (parameters.length > 0) {
    add(parent, 'h2', { text: 'Parameters' });
    const list = add(parent, 'ul', { class: 'fields' });
    for (const p of parameters) {
      const schema = { ...p.schema, description: p.description ?? p.schema?.description };
      field(list, p.name, schema, { isRequired: p.required, where: p.in });
    }
  }
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (body === undefined) return;
  add(parent, 'h2', { text: 'Body' });
  fields(parent, body);
}

function showAnswers(parent, operation) {
  const answers = Object.entries(operation.responses ?? {});
  const good = answers.filter(([status]) => Number(status) < 400);
  for (const [status, answer] of good) {
    add(parent, 'h2', { text: `Answer ${status}` });
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    if (schema) fields(parent, schema, { isAnswer: true });
    else add(parent, 'p', { text: answer.description });
  }
  add(parent, 'h2', { text: 'Problems' });
  const list = add(parent, 'ul', { class: 'problems' });
  for (const [status, answer] of answers.filter(([s]) => Number(s) >= 400)) {
    for (const code of answer['x-problem-codes'] ?? []) {
      const item = add(list, 'li');
      add(item, 'span', { class: 'tag', text: status });
      add(add(item, 'a', { href: `/problems#${code}` }), 'code', { text: code });
    }
  }
}

const THEMES = ['system', 'light', 'dark'];
function themes() {
  const button = byId('theme');
  let now = 0;
  button.addEventListener('click', () => {
    now = (now + 1) % THEMES.length;
    document.documentElement.dataset.theme = THEMES[now];
    button.textContent = `Theme: ${THEMES[now]}`;
  });
}

async function start() {
  themes();
  credentialsPanel(byId('credentials'));
  if (matchMedia('(max-width: 60rem)').matches) byId('menu').open = false;
  const view = byId('view');
  const api = await (await fetch('/openapi.json')).json();
  knowSchemas(api.components?.schemas ?? {});
  byId('version').textContent = api.info.version;
  const operations = operationsOf(api);
  const groups = groupsOf(api, operations);
  showList(groups);
  const show = () => {
    const o = operations.find(({ id }) => `#${id}` === location.hash);
    view.replaceChildren();
    if (o === undefined) showOverview(view, api, groups);
    else showOperation(view, o);
    document.title = o === undefined ? api.info.title : `${o.operation.summary} · ${api.info.title}`;
    for (const link of document.querySelectorAll('#list a')) {
      if (link.dataset.id === o?.id) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    view.removeAttribute('aria-busy');
  };
  addEventListener('hashchange', () => {
    if (location.hash === '#content') return;
    show();
    if (matchMedia('(max-width: 60rem)').matches) byId('menu').open = false;
    // Whoever cannot see that the page changed is told by where they are.
    view.querySelector('h1')?.focus();
    scrollTo(0, 0);
  });
  show();
}

start().catch((error) => {
  const view = byId('view');
  view.replaceChildren();
  add(view, 'p', {
    class: 'error',
    role: 'alert',
    text: `The contract cannot be read: ${error.message}. Is the server running?`,
  });
});
