/** docs/spec/iso8583.md: its dialect reads its message as its table says, and it names every member there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dissectIso, encodeIso, frameIso, fromHex, hex, IsoFramer, readIsoProfile } from '../../src/index.ts';
import { messageOf } from '../support.ts';

const SPEC = readFileSync(join(import.meta.dirname, '../../../../docs/spec/iso8583.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(SPEC)?.[1] ?? '';
const JSON_TEXT = block('json');
const profile = readIsoProfile(JSON_TEXT);
const stream = fromHex(block('hex').replaceAll(/\s/g, ''));

/** Rows of the table of section 5: part, octets, value. */
const rows = [...SPEC.matchAll(/^\| (frame|header|MTI|bitmap|field \d+) \| ([0-9a-f ]+) \| (.*) \|$/gm)].map(
  ([, part = '', octets = '', value = '']) => ({ part, octets: octets.replaceAll(' ', ''), value }),
);

test('the message of section 5 reads as its table says', () => {
  const { messages, failure } = new IsoFramer(profile.framing).push(stream);
  expect(failure).toBeUndefined();
  expect(messages).toHaveLength(1);
  const [octets = new Uint8Array(0)] = messages;
  const { message, pieces } = dissectIso(profile, octets);
  expect(hex(frameIso(profile.framing, encodeIso(profile, message)))).toBe(hex(stream));
  const shown = pieces.map(({ path, start, end }) => [path, hex(octets.subarray(start, end))]);
  expect([['frame', hex(stream.subarray(0, 4))], ...shown]).toEqual(rows.map((r) => [r.part, r.octets]));
  for (const { part, value } of rows) {
    const read = message.fields.get(Number(part.replace('field ', '')));
    if (typeof read === 'string') expect(value).toContain(`\`${read}\``);
    if (read instanceof Map)
      for (const [name, inner] of read) expect(value).toContain(`\`${name}\` is \`${inner}\``);
  }
});

/** The members that a refusal names as allowed, or needed. */
const named = (call: () => unknown): string[] =>
  (messageOf(call).split('Allowed: ')[1] ?? '').split(/[, .]+/);

test('every member of a profile and of a field stands in the document', () => {
  const change = (change: object) => () =>
    readIsoProfile(JSON.stringify({ ...JSON.parse(JSON_TEXT), ...change }));
  const members = [
    ...named(change({ '?': 1 })),
    ...named(change({ fields: { '48': { '?': 1 } } })),
    ...named(change({ frame: { '?': 1 } })),
    ...named(change({ echo: { '?': 1 } })),
  ].filter((name) => name !== '');
  expect(members).toContain('secondary');
  expect(members).toContain('heartbeats');
  expect(members).toContain('fee-collection');
  for (const name of members) expect(SPEC, name).toMatch(new RegExp(`[\`"]${name}[\`"]`));
});

test('the refusal that the document shows', () => {
  const wrong = { ...JSON.parse(JSON_TEXT), fields: { '48': { coding: 'bcd' } } };
  expect(SPEC).toContain(messageOf(() => readIsoProfile(JSON.stringify(wrong))));
});
