/**
 * What windows of several browsers and a relay agree on, so that the virtual field reaches from one to the other (docs/wallet.md, 3): a WebSocket,
 * and on it whatever one window says, to all others that came with the same code.
 *
 * What must hold: bounded on both sides; the relay looks at lengths only.
 */
export const FIELD_PROTOCOL = 'sokkin-field-1';
export const FIELD_PATH = '/v1/sandbox/field';
/** The longest APDU of extended length, in hexadecimal, and what stands around it. */
export const MOST_FIELD_MESSAGE = 2 * (65_535 + 10) + 300;

/** What people tell each other to meet: small letters and digits. */
export const isFieldCode = (text: string): boolean => /^[a-z0-9]{4,12}$/.test(text);
