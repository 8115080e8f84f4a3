/**
 * The keys that PANs are sealed with and found by: `pan` and `pan_index` of the key port, in generations (docs/keys.md).
 *
 * What must hold: keys are replaced while all goes on. A new sealing key serves at once, because an envelope names its key and every
 * process finds a key that it is asked for. A new indexing key makes indexes only when every process has heard of it and so looks for
 * them; and whoever looks, looks under all there are.
 */
import { ascii, type Bytes, concat, digitsOf, encodeCn, SokkinError } from '@sokkin/codec';
import {
  type KeyInfo,
  type KeyPort,
  type LedgerStore,
  Pan,
  type PanBox,
  type PanIndex,
} from '@sokkin/issuer';
import { readEnvelope, sealedDamaged } from '../keys/envelope.ts';
import { keyId, newestActive, parseKeyId } from '../keys/key-ids.ts';

export const PAN_SEALING = 'pan';
export const PAN_INDEXING = 'pan_index';

/** How long what is known of the keys is not asked for again. */
const RELOAD_MS = 2000;
/** Everybody has heard of a key of this age: some reloads, and room for clocks that differ. */
export const SETTLED_MS = 10_000;
/** 19 digits in format cn, F after: every PAN takes as much. */
const PLAIN = 10;

/** At a start: one program makes them, under the lock of the ceremonies. */
export async function makePanKeys(store: LedgerStore, keys: KeyPort, now: Date): Promise<void> {
  const missing = async () => {
    const listed = await keys.list();
    return [PAN_SEALING, PAN_INDEXING].filter((name) => newestActive(listed, name) === undefined);
  };
  if ((await missing()).length === 0) return;
  await store.write(async (tx) => {
    await tx.certificates.lock();
    for (const name of await missing())
      await keys.generate(keyId(name, 1), name === PAN_SEALING ? 'sealing' : 'mac', now);
  });
}

export interface PanKeys {
  /** As the keys are now, or were a moment ago. */
  box(): Promise<PanBox>;
}

export function panKeys(keys: KeyPort, clock: () => Date): PanKeys {
  let known: Promise<PanBox> | undefined;
  let readAt = 0;
  return {
    box() {
      const now = clock().getTime();
      if (known === undefined || Math.abs(now - readAt) >= RELOAD_MS) {
        const reading = keys.list().then((listed) => boxOver(keys, ringOf(listed, now)));
        reading.catch(() => {
          if (known === reading) known = undefined;
        });
        [known, readAt] = [reading, now];
      }
      return known;
    },
  };
}

interface Ring {
  readonly sealing: string;
  readonly indexing: string;
  /** All there are, retired ones, too: what they found once they find again. */
  readonly indexes: readonly string[];
}

function ringOf(listed: readonly KeyInfo[], now: number): Ring {
  const named = (name: string) => listed.filter(({ id }) => parseKeyId(id)?.name === name);
  const settled = named(PAN_INDEXING).filter(({ createdAt }) => now - createdAt.getTime() >= SETTLED_MS);
  const sealing = newestActive(listed, PAN_SEALING);
  const indexing = newestActive(settled, PAN_INDEXING) ?? oldestActive(named(PAN_INDEXING));
  if (sealing === undefined || indexing === undefined) throw new Error('Bug: a start makes the keys of PANs');
  return { sealing, indexing, indexes: named(PAN_INDEXING).map(({ id }) => id) };
}

const oldestActive = (keys: readonly KeyInfo[]): string | undefined =>
  keys
    .filter(({ state }) => state === 'active')
    .sort((a, b) => (parseKeyId(a.id)?.generation ?? 0) - (parseKeyId(b.id)?.generation ?? 0))[0]?.id;

function boxOver(keys: KeyPort, { sealing, indexing, indexes }: Ring): PanBox {
  const indexUnder = async (key: string, pan: Pan): Promise<PanIndex> => ({
    key,
    value: await keys.mac(key, concat(ascii('sokkin-pan-index-1:'), encodeCn(pan.reveal(), PLAIN))),
  });
  const newestFirst = [indexing, ...indexes.filter((id) => id !== indexing)];
  return {
    async seal(pan, owner) {
      const plain = encodeCn(pan.reveal(), PLAIN);
      const [envelope, index] = await Promise.all([
        keys.seal(sealing, plain, contextOf(owner)),
        indexUnder(indexing, pan),
      ]);
      return { envelope, index };
    },
    async open({ envelope }, owner) {
      return panIn(await keys.open(envelope, contextOf(owner)));
    },
    indexesOf: (pan) => Promise.all(newestFirst.map((key) => indexUnder(key, pan))),
    isStale: ({ envelope, index }) => readEnvelope(envelope).key !== sealing || index.key !== indexing,
    current: { sealing, indexing },
  };
}

const contextOf = (owner: string): Bytes => ascii(`sokkin-pan-1:${owner}`);

function panIn(plain: Bytes): Pan {
  try {
    return Pan.of(digitsOf(plain));
  } catch (error) {
    if (error instanceof SokkinError) throw sealedDamaged();
    throw error;
  }
}
