/** One operation as a form: its values, Send, and what came back; and the same call for the command line. */
import { add, copy } from './dom.js';
import { exampleOf, resolved } from './schema.js';
import { currentToken, onToken } from './token.js';

/** For the shell: within single quotes, a single quote ends them, stands for itself, and begins them anew. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export function tryIt(parent, { method, path, operation }) {
  const panel = add(parent, 'section', { class: 'try panel', 'aria-labelledby': 'try-title' });
  add(panel, 'h3', { id: 'try-title', text: 'Try it' });
  const form = add(panel, 'form', { 'aria-label': `Call ${method} ${path}`, novalidate: true });
  const parameters = (operation.parameters ?? []).map((p) => parameterInput(form, p));
  const [content] = Object.entries(operation.requestBody?.content ?? {});
  const body = content && bodyInput(form, ...content);
  add(form, 'button', { type: 'submit', text: 'Send' });
  add(panel, 'h4', { text: 'The same with curl' });
  const curl = add(panel, 'pre', { class: 'curl', tabindex: '0', 'aria-label': 'curl command' });
  const copier = add(panel, 'button', { type: 'button', class: 'second', text: 'Copy' });
  copier.addEventListener('click', () => copy(copier, curl.textContent));
  const result = add(panel, 'div', { class: 'result', 'aria-live': 'polite' });
  const request = () => requestOf(method, path, parameters, body);
  const showCurl = () => {
    curl.textContent = curlOf(request());
  };
  form.addEventListener('input', showCurl);
  onToken(showCurl);
  showCurl();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { url, ...init } = request();
    await send(result, url, init);
  });
}

function parameterInput(form, parameter) {
  const { name, required, description } = parameter;
  const schema = resolved(parameter.schema);
  const label = add(form, 'label', { text: `${name}${required ? ' (required)' : ''}` });
  const options = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : undefined);
  const input = options
    ? choice(label, options)
    : add(label, 'input', { autocomplete: 'off', spellcheck: 'false' });
  input.name = name;
  if (required) input.setAttribute('aria-required', 'true');
  if (description) input.title = description;
  if (name === 'idempotency-key') freshKeys(label, form, input);
  else input.placeholder = String(schema.default ?? prefixOf(schema));
  return { ...parameter, input };
}

/** How ids of this kind begin. */
const prefixOf = ({ pattern = '' }) => (/^\^([a-z]{3}_)/.exec(pattern)?.[1] ?? '').replace(/.$/, '$&…');

function choice(label, options) {
  const select = add(label, 'select');
  for (const option of ['', ...options])
    add(select, 'option', { value: option, text: option === '' ? '(not sent)' : option });
  return select;
}

function freshKeys(label, form, input) {
  const renew = () => {
    input.value = crypto.randomUUID();
    form.dispatchEvent(new Event('input'));
  };
  const button = add(label, 'button', { type: 'button', class: 'second', text: 'New key' });
  button.addEventListener('click', renew);
  input.value = crypto.randomUUID();
}

function bodyInput(form, type, media) {
  const isForm = type === 'application/x-www-form-urlencoded';
  const example = media.example ?? exampleOf(media.schema);
  const text = isForm ? new URLSearchParams(example).toString() : JSON.stringify(example ?? {}, null, 2);
  const label = add(form, 'label', { text: isForm ? 'Body (form)' : 'Body (JSON)' });
  const rows = Math.min(16, text.split('\n').length + 1);
  const input = add(label, 'textarea', { rows, spellcheck: 'false', name: 'body' });
  input.value = text;
  return { type, input };
}

function requestOf(method, path, parameters, body) {
  let url = path;
  const query = new URLSearchParams();
  const headers = {};
  for (const { in: where, name, input } of parameters) {
    const { value } = input;
    if (where === 'path') url = url.replace(`{${name}}`, encodeURIComponent(value) || `{${name}}`);
    else if (value !== '' && where === 'query') query.append(name, value);
    else if (value !== '' && where === 'header') headers[name] = value;
  }
  if (currentToken() !== '') headers.authorization = `Bearer ${currentToken()}`;
  if (body !== undefined) headers['content-type'] = body.type;
  const search = query.size === 0 ? '' : `?${query}`;
  return { url: `${url}${search}`, method, headers, body: body?.input.value };
}

function curlOf({ url, method, headers, body }) {
  const lines = [`curl -X ${method} ${quoted(`${location.origin}${url}`)}`];
  for (const [name, value] of Object.entries(headers)) {
    // Not the token itself: commands are copied into chats and histories.
    if (name === 'authorization') lines.push('-H "authorization: Bearer $SOKKIN_TOKEN"');
    else lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (body !== undefined) lines.push(`-d ${quoted(body)}`);
  return lines.join(' \\\n  ');
}

async function send(result, url, init) {
  result.replaceChildren();
  add(result, 'p', { class: 'quiet', text: 'Waiting for the answer …' });
  const started = performance.now();
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    showAnswer(result, response, text, performance.now() - started);
  } catch (error) {
    result.replaceChildren();
    add(result, 'p', { class: 'error', text: `No answer: ${error.message}. Is the server running?` });
  }
}

function showAnswer(result, response, text, ms) {
  result.replaceChildren();
  const head = add(result, 'p', { class: 'status' });
  const kind = response.ok ? 'good' : 'bad';
  add(head, 'strong', { class: kind, text: `${response.status} ${response.statusText}`.trim() });
  add(head, 'span', {
    class: 'quiet',
    text: ` in ${Math.round(ms)} ms, ${new TextEncoder().encode(text).length} bytes`,
  });
  add(result, 'pre', {
    class: 'answer',
    tabindex: '0',
    'aria-label': 'Body of the answer',
    text: pretty(text),
  });
  const details = add(result, 'details');
  add(details, 'summary', { text: 'Headers of the answer' });
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  add(details, 'pre', { tabindex: '0', 'aria-label': 'Headers of the answer', text: headers });
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
