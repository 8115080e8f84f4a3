/**
 * XML 1.0, as far as ISO 20022 messages need it. What must hold: whatever a text says, it stays text, and the document
 * is well-formed.
 */
import { assert } from '@sokkin/codec';

export type Xml = string & { readonly xml: unique symbol };
/** `undefined`: an optional element that is not there. */
export type Content = string | readonly (Xml | undefined)[];

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' },
};
/** Characters that XML 1.0 cannot hold, not even escaped (section 2.2), and those that it discourages. */
const ILLEGAL = /[\ufffe\uffff\p{Cs}]|(?![\t\n\r])\p{Cc}/gu;

export const escapeText = (text: string): string =>
  text.replaceAll(ILLEGAL, '\ufffd').replaceAll(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

export function element(
  name: string,
  content: Content,
  attributes: Readonly<Record<string, string>> = {},
): Xml {
  assert(/^[A-Za-z][A-Za-z0-9]*$/.test(name), 'an element name of ISO 20022');
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(value)}"`);
  const inner =
    typeof content === 'string' ? escapeText(content) : content.filter((c) => c !== undefined).join('');
  return `<${name}${written.join('')}>${inner}</${name}>` as Xml;
}

export const document = (namespace: string, message: Xml): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${element('Document', [message], { xmlns: namespace })}\n`;

/** A text of at most so many characters (Max35Text, Max140Text). */
export const atMost = (length: number, text: string): string => [...text].slice(0, length).join('');
