/**
 * Templates: a flat set of named BER-TLV data objects (ISO/IEC 7816-4 section 5.2.3).
 *
 * What must hold: a template that parses has every required object once, an optional one at most
 * once, and nothing else. Values are read one level deep; a value that is itself a template is
 * parsed by its own call.
 */

import type { Bytes } from './bytes.ts';
import { assert, fail } from './errors.ts';
import { readHeader, tagHex } from './tlv-header.ts';

/** What `parseTemplate` gives: the value bytes by the names of the schema. */
export type Template<R, O> = { [k in keyof R]: Bytes } & { [k in keyof O]?: Bytes };

/**
 * The values of a template, by name. `bytes` are the objects inside the template, without its own
 * tag; `what` names it in error texts. `required` and `optional` map names to tags; order is free.
 *
 *     const { date, holder } = parseTemplate(body, 'certificate', { date: 0x5f25, holder: 0x5f20 });
 *
 * Errors: `unexpected_tag`, `missing_tag`, `duplicate_tag`, and those of the encoding (`truncated`,
 * `bad_tag`, `bad_length`). Values are views of the input.
 */
export function parseTemplate<
  R extends Record<string, number>,
  O extends Record<string, number> = Record<never, number>,
>(bytes: Bytes, what: string, required: R, optional?: O): Template<R, O> {
  const names = namesByTag({ ...optional, ...required }, what);
  const found: Record<string, Bytes> = {};
  let at = 0;
  while (at < bytes.length) {
    const { tag, valueStart, end } = readHeader(bytes, at, bytes.length);
    const name = names.get(tag) ?? fail('unexpected_tag', `${what}: tag ${tagHex(tag)} does not belong here`);
    if (Object.hasOwn(found, name))
      fail('duplicate_tag', `${what}: tag ${tagHex(tag)} (${name}) occurs twice`);
    found[name] = bytes.subarray(valueStart, end);
    at = end;
  }
  for (const [name, tag] of Object.entries(required)) {
    if (!Object.hasOwn(found, name)) fail('missing_tag', `${what}: tag ${tagHex(tag)} (${name}) is missing`);
  }
  return found as Template<R, O>;
}

function namesByTag(schema: Record<string, number>, what: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, tag] of Object.entries(schema)) {
    assert(!names.has(tag), `${what}: two names for tag ${tagHex(tag)}`);
    names.set(tag, name);
  }
  return names;
}
