/**
 * A passkey in place of typing the PIN (docs/adr/0014-passkey.md).
 *
 * What must hold: the PIN is kept nowhere but encrypted, under a key that the device makes from the passkey when its user was verified; it is bound to one purse, and
 * only ever tried there once: one that is not right any more is never tried again. Without the passkey the PIN is typed as ever.
 */
import type { Bytes } from '@sokkin/codec';
import { type Outcome, select, verifyPin } from '@sokkin/terminal';
import { askPasskey, type Passkey } from '@sokkin/web/passkey';
import type { SealedPin } from '../keep/store.ts';
import type { Wallet } from './wallet.ts';

export type OpenedPin =
  | { readonly status: 'ok'; readonly pin: string }
  | { readonly status: 'refused' }
  | { readonly status: 'stale' };

const IV_BYTES = 12;
const USE = new TextEncoder().encode('sokkin wallet pin 1');

/** Whether the purse takes it; answers which purse that is. No PIN stays verified. */
export function checkPin({ parts: { purse } }: Wallet, pin: string): Promise<Outcome<Bytes>> {
  return purse.use(async (t) => {
    const selected = await select(t);
    if (selected.status !== 'ok') return selected;
    const id = selected.value.certificate?.subjectRef;
    if (id === undefined) return { status: 'wrong_lifecycle' };
    const verified = await verifyPin(t, pin);
    await select(t);
    return verified.status === 'ok' ? { status: 'ok', value: id } : verified;
  });
}

/** From now on the passkey stands in for this PIN, if the purse takes it. */
export async function sealPin(
  wallet: Wallet,
  made: { readonly passkey: Passkey; readonly secret: CryptoKey },
  pin: string,
): Promise<Outcome<void>> {
  const checked = await checkPin(wallet, pin);
  if (checked.status !== 'ok') return checked;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(made.secret, made.passkey);
  const sealed = await crypto.subtle.encrypt(how(iv, checked.value), key, new TextEncoder().encode(pin));
  await wallet.parts.store.put('passkey', {
    passkey: made.passkey,
    iv,
    sealed: new Uint8Array(sealed),
    isStale: false,
  });
  return { status: 'ok', value: undefined };
}

/** Asks for the passkey, and the purse whether its PIN is still the one. */
export async function openPin(wallet: Wallet, signal: AbortSignal): Promise<OpenedPin> {
  const { store, purse } = wallet.parts;
  const kept = await store.get('passkey');
  if (kept === undefined || kept.isStale) return { status: 'stale' };
  const asked = await askPasskey(kept.passkey, signal);
  if (asked.status !== 'ok') return { status: 'refused' };
  const selected = await purse.use(select);
  const id = selected.status === 'ok' ? selected.value.certificate?.subjectRef : undefined;
  if (id === undefined) return { status: 'refused' };
  const pin = await unsealed(kept, asked.secret, id);
  const tried = pin === undefined ? undefined : await checkPin(wallet, pin);
  if (pin !== undefined && tried?.status === 'ok') return { status: 'ok', pin };
  if (tried !== undefined && tried.status !== 'pin_wrong') return { status: 'refused' };
  await store.put('passkey', { ...kept, isStale: true });
  return { status: 'stale' };
}

export const dropPasskey = ({ parts: { store } }: Wallet): Promise<void> => store.put('passkey', undefined);

/** undefined: it was sealed for another purse, or with another key. */
async function unsealed(
  { iv, sealed, passkey }: SealedPin,
  secret: CryptoKey,
  purse: Bytes,
): Promise<string | undefined> {
  try {
    const key = await keyOf(secret, passkey);
    return new TextDecoder().decode(await crypto.subtle.decrypt(how(iv, purse), key, sealed.slice()));
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

const keyOf = (secret: CryptoKey, { salt }: Passkey): Promise<CryptoKey> =>
  crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: salt.slice(), info: USE },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );

const how = (iv: Bytes, purse: Bytes): AesGcmParams => ({
  name: 'AES-GCM',
  iv: iv.slice(),
  additionalData: purse.slice(),
});
