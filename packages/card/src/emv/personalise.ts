/**
 * Loading the payment application (EMV Card Personalization Specification 1.1; docs/spec/card-application.md,
 * section 10), and a phone's new limited-use keys later.
 *
 * What must hold: one commit, after everything was checked: a card is not personalised, or wholly. It is personalised
 * once; afterwards only new limited-use keys are taken, with a number that it never had.
 */
import {
  type ApplicationControl,
  type Bytes,
  type DataGrouping,
  DGI,
  decodeTlvs,
  equal,
  hex,
  parseLimitedUseKey,
  parseRiskLimits,
  type ResponseApdu,
  SokkinError,
  SW,
} from '@sokkin/codec';
import { keyCheckValue, type RsaKeyParts, type SymmetricPort } from '@sokkin/crypto';
import { isPinBlock, type PurseState } from '@sokkin/purse';
import { failed, ok, type Personalisation } from '../applet.ts';
import type { EmvPorts } from '../ports.ts';
import { MOST_FILE_BYTES } from '../record.ts';
import type { CardStore, Change } from '../store.ts';
import { type Context, commit } from './context.ts';
import { decodeFiles, type EmvFiles, encodeFiles, type RsaFile } from './files.ts';
import { encodeEmvState, newEmvState } from './state.ts';

export function emvPersonalisation(
  store: CardStore,
  ports: EmvPorts,
  context: () => Context | undefined,
): Personalisation {
  let loaded = new Map<number, Bytes>();
  const takesKeys = () => context()?.files.control.limitedUseOnly === true;
  return {
    begin() {
      loaded = new Map();
      return context() === undefined || takesKeys() ? ok() : failed(SW.conditionsNotSatisfied);
    },
    async store({ dgi, value }: DataGrouping) {
      const size = [...loaded.values()].reduce((sum, v) => sum + v.length + 5, value.length);
      if (size > 2 * MOST_FILE_BYTES) return failed(SW.notEnoughMemory);
      if (loaded.has(dgi)) return failed(SW.wrongData);
      loaded.set(dgi, value.slice());
      return ok();
    },
    async finish() {
      const groupings = loaded;
      loaded = new Map();
      const ctx = context();
      return ctx === undefined ? personalise(store, ports, groupings) : replenish(ctx, groupings);
    },
  };
}

async function personalise(
  store: CardStore,
  ports: EmvPorts,
  groupings: ReadonlyMap<number, Bytes>,
): Promise<ResponseApdu> {
  const change = await sound(() => readAll(store.state, ports, groupings));
  if (change === undefined) return failed(SW.wrongData);
  try {
    await store.commitAll(change);
  } catch (error) {
    // Nothing was written. Whatever else memory has to say ends the card's turn.
    if (error instanceof SokkinError && error.code === 'memory_too_small') return failed(SW.notEnoughMemory);
    throw error;
  }
  return ok();
}

/** What came of reading data; undefined if the data was unsound. */
async function sound<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

async function readAll(
  purse: PurseState,
  ports: EmvPorts,
  groupings: ReadonlyMap<number, Bytes>,
): Promise<Change> {
  const all = [...groupings].map(([dgi, value]) => ({ dgi, value }));
  const bytes = encodeFiles(all, await importKey(ports, groupings, all));
  const files = decodeFiles(bytes);
  checkKeys(ports.symmetric, files, groupings.get(DGI.masterKeyChecks));
  const limits = parseRiskLimits(need(groupings, DGI.risk));
  const limitedUse = files.control.limitedUseOnly ? parseKey(groupings, files.control) : undefined;
  return {
    purse: withPin(purse, groupings.get(DGI.pin)),
    sections: { emv: encodeEmvState(newEmvState(limits, limitedUse)) },
    files: bytes,
  };
}

const refuse = (what: string): never => {
  throw new SokkinError('bad_files', `Personalisation data: ${what}.`);
};

const need = (groupings: ReadonlyMap<number, Bytes>, dgi: number): Bytes =>
  groupings.get(dgi) ?? refuse(`grouping ${dgi.toString(16)} is missing`);

const PARTS = [DGI.rsaCoefficient, DGI.rsaExponentQ, DGI.rsaExponentP, DGI.rsaPrimeQ, DGI.rsaPrimeP] as const;

/** The card's key, if there is one; its public exponent stands in a record (tag 9F47). */
async function importKey(
  ports: EmvPorts,
  groupings: ReadonlyMap<number, Bytes>,
  all: readonly DataGrouping[],
): Promise<RsaFile | undefined> {
  if (!PARTS.some((dgi) => groupings.has(dgi))) return undefined;
  const parts: RsaKeyParts = {
    qInverse: need(groupings, DGI.rsaCoefficient),
    dq: need(groupings, DGI.rsaExponentQ),
    dp: need(groupings, DGI.rsaExponentP),
    q: need(groupings, DGI.rsaPrimeQ),
    p: need(groupings, DGI.rsaPrimeP),
    exponent: exponentIn(all),
  };
  const key = await ports.rsa.importRsaKey(parts);
  return key === undefined
    ? refuse('the parts of the key do not belong together')
    : { handle: key.handle, modulus: key.publicKey.modulus };
}

function exponentIn(all: readonly DataGrouping[]): 3 | 65537 {
  for (const { dgi, value } of all) {
    if (dgi >> 8 > 30) continue;
    const found = decodeTlvs(value)
      .flatMap((t) => decodeTlvs(t.value))
      .find(({ tag }) => tag === 0x9f47);
    if (found !== undefined) return hex(found.value) === '03' ? 3 : 65537;
  }
  return refuse('the exponent of the key stands in no record');
}

/** Check values, 3 bytes a key: of zeros enciphered with triple DES, of 01 bytes with AES (GlobalPlatform 2.3, B.6). */
function checkKeys(port: SymmetricPort, { control, keys }: EmvFiles, checks: Bytes | undefined): void {
  const all = [keys.cryptogram, keys.scriptMac, keys.scriptEncipher].filter((k) => k.length > 0);
  if (checks === undefined || checks.length !== 3 * all.length)
    refuse('the check values of the keys are missing');
  for (const [i, key] of all.entries()) {
    const given = checks?.subarray(3 * i, 3 * i + 3) ?? key;
    if (!equal(keyCheckValue(port, control.cipher, key), given))
      refuse(`master key ${i + 1} has another check value`);
  }
}

function parseKey(groupings: ReadonlyMap<number, Bytes>, { cipher }: ApplicationControl) {
  const key = parseLimitedUseKey(need(groupings, DGI.limitedUseKey));
  if (cipher === 'tdes' && key.key.length !== 16) refuse('a triple DES key has 16 bytes');
  return key;
}

/** One PIN for purse and payment application: whoever personalises last sets it. */
function withPin(purse: PurseState, block: Bytes | undefined): PurseState {
  if (block === undefined) return purse;
  if (!isPinBlock(block)) refuse('the PIN block is malformed');
  return { ...purse, pin: { block, triesLeft: purse.profile.pinTries } };
}

async function replenish(ctx: Context, groupings: ReadonlyMap<number, Bytes>): Promise<ResponseApdu> {
  const key = await sound(() => parseKey(groupings, ctx.files.control));
  // After personalisation nothing else is taken.
  if (key === undefined || groupings.size !== 1) return failed(SW.wrongData);
  if (key.number <= ctx.state.lastKeyNumber) return failed(SW.conditionsNotSatisfied);
  await commit(ctx, { ...ctx.state, limitedUse: key, lastKeyNumber: key.number });
  return ok();
}
