/**
 * Chips, and the rows of the cards that become of them.
 *
 * What must hold: a card's row says what may be on the card before it is loaded, so that a personalisation that was cut
 * off anywhere can be taken up; no key and no PAN is stored.
 */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import type { Scp03Keys } from '@sokkin/crypto';
import type { CardApplication, CardAttempt, CardProfile, CardRow, LedgerTx } from '@sokkin/issuer';
import { drawPan } from '@sokkin/issuer';
import { homeOf, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

const SERIAL_BYTES = 10;
/** The usual first version of SCP03 keys. */
const KEY_VERSION = 0x30;
/** One card of each PAN. */
const FIRST_SEQUENCE = '01';

export interface Chip {
  readonly serial: string;
  readonly keys: Scp03Keys;
}

/**
 * New chips with their keys: what a chip maker delivers, who gets the master key of the batch and derives the keys of each
 * chip. Only simulated chips are made this way, because their keys leave the back-end.
 */
export async function makeChips(b: Backend, who: Principal, count: number): Promise<Chip[]> {
  const keys = await b.emvKeys.get();
  const chips = Array.from({ length: count }, (): Chip => {
    const diversification = b.crypto.randomBytes(SERIAL_BYTES);
    const chip = { diversification, keyVersion: KEY_VERSION };
    return { serial: hex(diversification), keys: keys.chipKeys(chip) };
  });
  const serials = chips.map((c) => c.serial);
  await b.store.write((tx) => tx.cards.add(serials, KEY_VERSION, homeOf(who), b.clock()));
  return chips;
}

export function profileOf(b: Backend, name: string): CardProfile {
  const profile = b.profiles.get(name);
  if (profile !== undefined) return profile;
  const known = [...b.profiles.keys()].join(', ');
  throw new Problem('profile_unknown', `There is no profile "${name}". There are: ${known}.`, 'profile');
}

/** The keys that only this chip has. */
export async function keysOfChip(b: Backend, { serial, keyVersion }: CardRow): Promise<Scp03Keys> {
  return (await b.emvKeys.get()).chipKeys({ diversification: fromHex(serial), keyVersion });
}

/** Throws if a newer attempt has begun: what this one was about to write is not to be. */
export function assertNewest(isWritten: boolean): void {
  if (!isWritten) throw new Problem('card_attempt_superseded', 'Another session with this card was begun.');
}

export interface Reserved {
  readonly pan: string;
  readonly application: CardApplication;
  /** Of the card's certificate. */
  readonly certificateSerial: Bytes;
  /** Of its first limited-use key; undefined if its profile has none. */
  readonly keyNumber: number | undefined;
}

/** A PAN and numbers that are this card's alone, written down before they go onto the card. */
export async function reserve(
  b: Backend,
  attempt: CardAttempt,
  profile: CardProfile,
  expiry: string,
): Promise<Reserved> {
  const keys = await b.emvKeys.get();
  const { identifier } = keys.issuer(profile.control.cipher);
  return b.store.write(async (tx) => {
    // Somebody else's PAN is refused by the table, and the transaction draws another.
    const pan = drawPan((n) => b.crypto.randomBytes(n), identifier);
    const application: CardApplication = {
      profile: profile.name,
      panHash: keys.panHash(pan),
      panLast4: pan.slice(-4),
      panSequence: FIRST_SEQUENCE,
      expiry,
    };
    assertNewest(await tx.cards.setApplication(attempt, application));
    const keyNumber = profile.control.limitedUseOnly ? await nextKeyNumber(tx, attempt) : undefined;
    const certificateSerial = threeBytes(await tx.cards.nextCertificateSerial());
    return { pan, application, certificateSerial, keyNumber };
  });
}

export async function nextKeyNumber(tx: LedgerTx, attempt: CardAttempt): Promise<number> {
  const number = await tx.cards.nextKeyNumber(attempt);
  assertNewest(number !== undefined);
  return number ?? 0;
}

const threeBytes = (n: number): Bytes => Uint8Array.of(n >>> 16, (n >>> 8) & 0xff, n & 0xff);
