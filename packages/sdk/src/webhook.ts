/**
 * Whether a webhook is the server's (Standard Webhooks 1.0).
 *
 * What must hold: the octets that were received are what is verified, before anything reads them; a message outside the
 * tolerance is refused, so that an old one cannot be sent again; signatures are compared in constant time, which
 * `crypto.subtle.verify` does.
 */

export interface WebhookEvent {
  /** The same for every delivery of one event: what was handled once is to be ignored. */
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface VerifyOptions {
  /** Either way. 300 unless told. */
  readonly toleranceSeconds?: number;
  readonly now?: () => number;
}

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

type HeaderBag = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** `payload`: the body as it was received. `secrets`: `whsec_...`, while it is being rotated the old and the new one. */
export async function verifyWebhook(
  payload: string | Uint8Array,
  headers: HeaderBag,
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature').split(' ');
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new WebhookVerificationError('The timestamp is not a number.');
  if (Math.abs(now() / 1000 - Number(timestamp)) > toleranceSeconds)
    throw new WebhookVerificationError('The timestamp is too old or too new: is the clock right?');
  const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  const given = signatures.flatMap((s) => (s.startsWith('v1,') ? [octetsOf(s.slice('v1,'.length))] : []));
  for (const secret of typeof secrets === 'string' ? [secrets] : secrets) {
    const key = await hmacKey(secret);
    for (const signature of given) {
      if (signature !== undefined && (await crypto.subtle.verify('HMAC', key, signature, signed)))
        return eventOf(body, id);
    }
  }
  throw new WebhookVerificationError('No signature of the message is by one of these secrets.');
}

function header(headers: HeaderBag, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookVerificationError(`The header ${name} is missing.`);
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

/** undefined: not base64, so that it is nobody's signature. */
function octetsOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

async function hmacKey(secret: string): Promise<CryptoKey> {
  const octets = octetsOf(secret.replace(/^whsec_/, ''));
  if (octets === undefined || octets.length < 16)
    throw new WebhookVerificationError('The secret is not one: whsec_ and base64 are expected.');
  return crypto.subtle.importKey('raw', octets, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function eventOf(body: Uint8Array, id: string): WebhookEvent {
  const event: unknown = JSON.parse(new TextDecoder().decode(body));
  if (!isEvent(event) || event.id !== id)
    throw new WebhookVerificationError('The body is not an event of the Sokkin back-end.');
  return event;
}

const isEvent = (value: unknown): value is WebhookEvent =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'type' in value &&
  typeof value.type === 'string' &&
  'created_at' in value &&
  typeof value.created_at === 'string' &&
  'data' in value &&
  typeof value.data === 'object' &&
  value.data !== null;
