/** The access token. What must hold: it is kept in this page's memory, and nowhere else. */
import { add } from './dom.js';

let token = '';
export const currentToken = () => token;

const watchers = [];
/** Called whenever the token changes. */
export const onToken = (watch) => watchers.push(watch);

function setToken(value) {
  token = value;
  for (const watch of watchers) watch();
}

function input(parent, label, attributes) {
  const wrapper = add(parent, 'label', { text: label });
  return add(wrapper, 'input', { autocomplete: 'off', spellcheck: 'false', ...attributes });
}

export function credentialsPanel(panel) {
  const details = add(panel, 'details', { id: 'credentials-details' });
  const summary = add(details, 'summary', { id: 'credentials-title' });
  add(summary, 'span', { text: 'Credentials' });
  const state = add(summary, 'span', { class: 'tag', text: 'no token', role: 'status' });
  add(details, 'p', {
    class: 'quiet',
    text: 'A sandbox writes two clients into credentials.json of its data folder. The token stays in this page and is gone when you leave it.',
  });
  const columns = add(details, 'div', { class: 'columns' });
  const fetched = add(columns, 'form', { 'aria-label': 'Get a token' });
  const id = input(fetched, 'Client id', { name: 'client', placeholder: 'cli_…', required: true });
  const secret = input(fetched, 'Client secret', { name: 'secret', type: 'password', required: true });
  add(fetched, 'button', { type: 'submit', text: 'Get a token' });
  const pasted = add(columns, 'form', { 'aria-label': 'Use a token that you have' });
  const paste = input(pasted, 'Or a token that you have', {
    name: 'token',
    type: 'password',
    placeholder: 'sat_… or sop_…',
  });
  const buttons = add(pasted, 'div', { class: 'buttons' });
  add(buttons, 'button', { type: 'submit', text: 'Use this token' });
  const forget = add(buttons, 'button', { type: 'button', class: 'second', text: 'Forget it' });
  const says = add(details, 'p', { role: 'alert', class: 'error' });
  onToken(() => {
    state.textContent = token === '' ? 'no token' : 'token set';
    state.classList.toggle('good', token !== '');
  });
  fetched.addEventListener('submit', async (event) => {
    event.preventDefault();
    says.textContent = '';
    try {
      setToken(await fetchToken(id.value.trim(), secret.value));
      secret.value = '';
    } catch (error) {
      says.textContent = error.message;
    }
  });
  pasted.addEventListener('submit', (event) => {
    event.preventDefault();
    setToken(paste.value.trim());
    paste.value = '';
  });
  forget.addEventListener('click', () => setToken(''));
}

async function fetchToken(id, secret) {
  const response = await fetch('/v1/oauth/token', {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok && typeof answer.access_token === 'string') return answer.access_token;
  throw new Error(
    `No token (${response.status}): ${answer.error_description ?? answer.detail ?? 'the server refused.'}`,
  );
}
