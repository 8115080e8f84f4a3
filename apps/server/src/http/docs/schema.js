/** JSON Schema for people: a tree of fields with their types and bounds, and an example of what to send. */
import { add } from './dom.js';

let schemas = {};
export function knowSchemas(all) {
  schemas = all;
}

export function resolved(schema) {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? (schema ?? {}) : { ...schemas[name], title: name };
}

/** Without the `null` that makes a field nullable. */
function unwrapped(schema) {
  const own = resolved(schema);
  const choices = (own.anyOf ?? own.oneOf)?.map(resolved);
  if (choices === undefined) return { schema: own, isNullable: false, choices: undefined };
  const real = choices.filter((c) => c.type !== 'null');
  const isNullable = real.length < choices.length;
  if (real.length === 1)
    return { schema: { ...real[0], description: own.description ?? real[0].description }, isNullable };
  return { schema: own, isNullable, choices: real };
}

function typeOf(schema) {
  const { schema: own, isNullable, choices } = unwrapped(schema);
  const word = () => {
    if (choices !== undefined) return choices.map(typeOf).join(' or ');
    if (own.const !== undefined) return JSON.stringify(own.const);
    if (own.type === 'array') return `list of ${typeOf(own.items ?? {})}`;
    if (own.title !== undefined) return own.title;
    if (Array.isArray(own.type)) return own.type.join(' or ');
    return own.format === 'date-time' ? 'time' : (own.type ?? 'anything');
  };
  return isNullable ? `${word()} or null` : word();
}

function boundsOf(schema) {
  const { schema: own } = unwrapped(schema);
  const bounds = [];
  if (own.enum?.length > 1) bounds.push(`one of ${own.enum.join(', ')}`);
  else if (own.enum?.length === 1) bounds.push(`always ${own.enum[0]}`);
  if (own.minimum !== undefined && own.maximum !== undefined) bounds.push(`${own.minimum} to ${own.maximum}`);
  else if (own.minimum !== undefined) bounds.push(`at least ${own.minimum}`);
  else if (own.maximum !== undefined) bounds.push(`at most ${own.maximum}`);
  if (own.maxLength !== undefined) bounds.push(`${own.minLength ?? 0} to ${own.maxLength} characters`);
  if (own.maxItems !== undefined) bounds.push(`up to ${own.maxItems} items`);
  if (own.default !== undefined && JSON.stringify(own.default) !== '[]')
    bounds.push(`${own.default} unless told`);
  if (own.pattern !== undefined) bounds.push(`matches ${own.pattern}`);
  return bounds;
}

/** What is inside a field: the fields of an object, or of the objects of a list. */
function insideOf(schema) {
  const { schema: own, choices } = unwrapped(schema);
  if (choices !== undefined) return choices.map(insideOf).find((inside) => inside !== undefined);
  if (own.type === 'array') return insideOf(own.items ?? {});
  return own.properties === undefined ? undefined : own;
}

export function field(list, name, schema, { isRequired = false, isAnswer = false, where } = {}) {
  const item = add(list, 'li');
  const head = add(item, 'div', { class: 'field' });
  add(head, 'code', { class: 'name', text: name });
  add(head, 'span', { class: 'type', text: typeOf(schema) });
  if (where !== undefined) add(head, 'span', { class: 'tag', text: where });
  // What must be sent; and of an answer, what may be missing.
  if (isRequired && !isAnswer) add(head, 'span', { class: 'tag required', text: 'required' });
  if (!isRequired && isAnswer) add(head, 'span', { class: 'tag', text: 'not always' });
  const { schema: own } = unwrapped(schema);
  if (own.description) add(item, 'p', { class: 'says', text: own.description });
  const bounds = boundsOf(schema);
  if (bounds.length > 0) add(item, 'p', { class: 'bounds', text: bounds.join(' · ') });
  const inside = insideOf(schema);
  if (inside === undefined) return;
  const details = add(item, 'details');
  add(details, 'summary', { text: `Fields of ${name}` });
  // Made when it is opened: shapes may hold themselves.
  details.addEventListener('toggle', () => fields(details, inside, { isAnswer }), { once: true });
}

export function fields(parent, schema, { isAnswer = false } = {}) {
  const inside = insideOf(schema);
  if (inside === undefined) {
    add(parent, 'p', { class: 'type', text: typeOf(schema) });
    return;
  }
  const list = add(parent, 'ul', { class: 'fields' });
  const needed = new Set(inside.required ?? []);
  for (const [name, of] of Object.entries(inside.properties))
    field(list, name, of, { isRequired: needed.has(name), isAnswer });
}

/** Something to begin with: what must be there, in a likely shape. */
export function exampleOf(schema) {
  const { schema: own, choices, isNullable } = unwrapped(schema);
  if (own.example !== undefined) return own.example;
  if (own.examples?.length > 0) return own.examples[0];
  if (own.default !== undefined) return own.default;
  if (own.const !== undefined) return own.const;
  if (own.enum !== undefined) return own.enum[0];
  if (choices !== undefined) return exampleOf(choices[0]);
  switch (own.type) {
    case 'object': {
      const needed = new Set(own.required ?? []);
      const shown = Object.entries(own.properties ?? {}).filter(([name]) => needed.has(name));
      return Object.fromEntries(shown.map(([name, of]) => [name, exampleOf(of)]));
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return own.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return exampleText(own);
    default:
      return isNullable ? null : {};
  }
}

function exampleText({ pattern = '', format }) {
  const prefix = /^\^([a-z]{3}_)/.exec(pattern);
  if (prefix) return prefix[1];
  if (pattern.startsWith('^([1-9][0-9]')) return '1000';
  if (format === 'date-time') return new Date().toISOString();
  return '';
}
