/** Our card engine is held to the conformance suite: in process, with short length only, recorded, and replayed. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
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
import { repeatableCrypto } from './repeatable.ts';

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

const script: ApduPair[] = [];
const parties = repeatableCrypto(crypto);
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
  { crypto: parties.ports },
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
  { crypto: parties.ports },
);
afterAll(() => finish());
