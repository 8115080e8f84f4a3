/** Our card engine is held to the conformance suite: in process, with short length only, recorded, and replayed. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import type { CryptoPort } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  type ApduPair,
  type CardUnderTest,
  cardConformance,
  type FieldCard,
  fieldCard,
  formatScript,
  inProcess,
  parseScript,
  recording,
  replaying,
} from '@sokkin/testkit';
import { afterAll } from 'vitest';

const crypto = nodeCrypto();

async function blankCard(extended: boolean): Promise<FieldCard> {
  const nvm = inMemoryNvm(cardMemorySize());
  await createCard({ nvm, crypto });
  return fieldCard(nvm, crypto, { extended });
}

async function inField(extended: boolean): Promise<CardUnderTest> {
  const card = await blankCard(extended);
  let tears = 0;
  return {
    tap: () => card.tap(),
    // Each tear somewhere else: from before the first byte to after the last.
    tapTorn: (exchange) =>
      card.tap({ when: 'during', exchange, bytes: (tears++ * 97) % 900, mode: 'scrambled' }),
    dispose: () => undefined,
  };
}

cardConformance('our engine, extended length', () => inField(true), { crypto });
cardConformance('our engine, short length', () => inField(false), { crypto });

/** Keys and signatures of the first run are those of the second, so that both send the same bytes. */
function repeatable(inner: CryptoPort): { crypto: CryptoPort; rewind(): void } {
  const made: unknown[] = [];
  let at = 0;
  async function once<T>(make: () => T): Promise<Awaited<T>> {
    if (at === made.length) made.push(await make());
    return made[at++] as Awaited<T>;
  }
  return {
    rewind() {
      at = 0;
    },
    crypto: {
      randomBytes: (n) => inner.randomBytes(n),
      generateKey: () => once(() => inner.generateKey()),
      sign: (handle, message) => once(() => inner.sign(handle, message)),
      verify: (key, message, signature) => inner.verify(key, message, signature),
    },
  };
}

const script: ApduPair[] = [];
const parties = repeatable(crypto);
cardConformance(
  'our engine, recorded',
  async () => {
    // One card that is reset, where the rigs above open theirs anew from memory.
    const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
    const tap = async () => {
      card.reset();
      return recording(inProcess(card), script);
    };
    return { tap, dispose: () => undefined };
  },
  parties,
);
let finish: () => void = () => undefined;
cardConformance(
  'the recording, replayed',
  async () => {
    parties.rewind();
    const replay = replaying(parseScript(formatScript(script)));
    finish = () => replay.finish();
    const { transmit, extended } = replay;
    return { tap: async () => ({ transmit, extended }), dispose: () => undefined };
  },
  parties,
);
afterAll(() => finish());
