/**
 * A passkey of this device as the source of a key: WebAuthn with its PRF extension (W3C, Web Authentication Level 3, 10.1.4).
 *
 * What must hold: the key comes from an authenticator that verified its user just now, and is the same each time for one passkey, salt and origin; the page gets
 * no more than a key that cannot be read out; nothing of it goes over a network. What the device cannot do is said before anybody is asked for a finger.
 */
import type { Bytes } from '@sokkin/codec';

export type PasskeySupport =
  | 'ready'
  /** No authenticator that verifies its user is in this device, or no page may ask it. */
  | 'no_authenticator'
  /** The page stands under an address of numbers; passkeys belong to names. */
  | 'no_name'
  /** The browser has passkeys, and no keys from them. */
  | 'no_prf';

export interface Passkey {
  readonly id: Bytes;
  readonly salt: Bytes;
}
/** `secret`: for HKDF alone. */
export type Asked =
  | { readonly status: 'ok'; readonly secret: CryptoKey }
  /** Its holder called it off, was not recognised, or took too long; or the passkey is gone. Browsers do not tell these apart. */
  | { readonly status: 'refused' }
  /** The authenticator makes no keys. */
  | { readonly status: 'no_prf' };
export type Made =
  | { readonly status: 'ok'; readonly passkey: Passkey; readonly secret: CryptoKey }
  | Exclude<Asked, { status: 'ok' }>;

const ES256 = -7;
const RS256 = -257;
const TIMEOUT_MS = 120_000;
/** WebAuthn, 6.1: in the flags of the authenticator data. */
const USER_VERIFIED = 0x04;
const FLAGS_AT = 32;

export async function passkeySupport(): Promise<PasskeySupport> {
  if (!('PublicKeyCredential' in globalThis)) return 'no_authenticator';
  if (/^[0-9.]+$|^\[/.test(location.hostname)) return 'no_name';
  if (!(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) return 'no_authenticator';
  // Who cannot say what it can do is tried.
  const capabilities = await PublicKeyCredential.getClientCapabilities?.();
  return capabilities?.['extension:prf'] === false ? 'no_prf' : 'ready';
}

/** `name` stands in the device's list of passkeys. */
export async function makePasskey(name: string, signal?: AbortSignal): Promise<Made> {
  const salt = random(32);
  const made = await asking(() =>
    navigator.credentials.create({
      ...(signal === undefined ? {} : { signal }),
      publicKey: {
        challenge: random(32),
        rp: { name: 'Sokkin' },
        user: { id: random(16), name, displayName: name },
        pubKeyCredParams: [ES256, RS256].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: {
          authenticatorAttachment: 'platform',
          residentKey: 'required',
          userVerification: 'required',
        },
        attestation: 'none',
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  if (made === undefined) return { status: 'refused' };
  const { prf } = made.getClientExtensionResults();
  if (prf?.enabled !== true && prf?.results === undefined) return { status: 'no_prf' };
  const passkey = { id: new Uint8Array(made.rawId), salt };
  if (prf.results !== undefined) return { status: 'ok', passkey, secret: await secretOf(prf.results.first) };
  // Many make their first key when they are asked, not when they are made.
  const asked = await askPasskey(passkey, signal);
  return asked.status === 'ok' ? { ...asked, passkey } : asked;
}

export async function askPasskey({ id, salt }: Passkey, signal?: AbortSignal): Promise<Asked> {
  const got = await asking(() =>
    navigator.credentials.get({
      ...(signal === undefined ? {} : { signal }),
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: 'public-key', id: id.slice(), transports: ['internal'] }],
        userVerification: 'required',
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt.slice() } } },
      },
    }),
  );
  if (got === undefined || !isVerified(got)) return { status: 'refused' };
  const first = got.getClientExtensionResults().prf?.results?.first;
  return first === undefined ? { status: 'no_prf' } : { status: 'ok', secret: await secretOf(first) };
}

/** undefined: refused, in whichever way. */
async function asking(run: () => Promise<Credential | null>): Promise<PublicKeyCredential | undefined> {
  try {
    const credential = await run();
    return credential instanceof PublicKeyCredential ? credential : undefined;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function isVerified({ response }: PublicKeyCredential): boolean {
  if (!(response instanceof AuthenticatorAssertionResponse)) return false;
  const flags = new Uint8Array(response.authenticatorData)[FLAGS_AT] ?? 0;
  return (flags & USER_VERIFIED) !== 0;
}

async function secretOf(source: BufferSource): Promise<CryptoKey> {
  const octets = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  const secret = await crypto.subtle.importKey('raw', octets, 'HKDF', false, ['deriveKey']);
  octets.fill(0);
  return secret;
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
