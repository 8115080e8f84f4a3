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
 * A reader of one kind of template: made once, called for each. `what` names the template in error texts;
 * `required` and `optional` map names to tags; the order of the objects is free.
 *
 *     const readHolder = templateReader('certificate', { date: 0x5f25, holder: 0x5f20 });
 *     const { date, holder } = readHolder(body);
 *
 * Errors: `unexpected_tag`, `missing_tag`, `duplicate_tag`, and those of the encoding (`truncated`,
 * `bad_tag`, `bad_length`). Values are views of the input, which is what is inside the template, without
 * its own tag.
 */
export function templateReader<
  R extends Record<string, number>,
  O extends Record<string, number> = Record<never, number>,
>(what: string, required: R, optional?: O): (bytes: Bytes) => Template<R, O> {
  const names = namesByTag({ ...optional, ...required }, what);
  const needed = Object.entries(required);
  return (bytes) => {
    const found: Record<string, Bytes> = {};
    let at = 0;
    while (at < bytes.length) {
      const { tag, valueStart, end } = readHeader(bytes, at, bytes.length);
      const name =
        names.get(tag) ?? fail('unexpected_tag', `${what}: tag ${tagHex(tag)} does not belong here`);
      if (found[name] !== undefined)
        fail('duplicate_tag', `${what}: tag ${tagHex(tag)} (${name}) occurs twice`);
      found[name] = bytes.subarray(valueStart, end);
      at = end;
    }
    for (const [name, tag] of needed) {
      if (found[name] === undefined) fail('missing_tag', `${what}: tag ${tagHex(tag)} (${name}) is missing`);
    }
    return found as Template<R, O>;
  };
}

/** As a `templateReader` that is used once. */
export function parseTemplate<
  R extends Record<string, number>,
  O extends Record<string, number> = Record<never, number>,
>(bytes: Bytes, what: string, required: R, optional?: O): Template<R, O> {
  return templateReader(what, required, optional)(bytes);
}

function namesByTag(schema: Record<string, number>, what: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, tag] of Object.entries(schema)) {
    assert(!names.has(tag), () => `${what}: two names for tag ${tagHex(tag)}`);
    names.set(tag, name);
  }
  return names;
}
