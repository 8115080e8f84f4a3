/** The suites, in a page of a real browser. */
import { cardMemorySize, createCard, formatMemory, inMemoryNvm, openCard, openMemory } from '@sokkin/card';
import { rsaPublicOperation } from '@sokkin/crypto';
import { cryptoConformance } from '@sokkin/testkit/crypto-conformance';
import { memoryConformance, nvmConformance } from '@sokkin/testkit/nvm-conformance';
import { readerConformance } from '@sokkin/testkit/reader-conformance';
import { rsaConformance } from '@sokkin/testkit/rsa-conformance';
import { transportConformance } from '@sokkin/testkit/transport-conformance';
import {
  databaseNvm,
  fieldReader,
  type HeldCard,
  holdCard,
  openVirtualCard,
  shelfInDatabase,
  shelfInMemory,
  type Wire,
  waitForCard,
  webCrypto,
} from '../../src/index.ts';
import { runAll } from '../in-browser.ts';

let made = 0;
async function fresh(size: number) {
  const name = `nvm-${made++}`;
  let nvm = await databaseNvm(name, size);
  return {
    nvm,
    async reopen() {
      await nvm.close();
      nvm = await databaseNvm(name, size);
      return nvm;
    },
    dispose: () => nvm.close(),
  };
}
const shelf = await shelfInDatabase('keys-under-test');
cryptoConformance('WebCrypto, keys in memory', () => webCrypto(shelfInMemory()));
cryptoConformance('WebCrypto, keys in IndexedDB', () => webCrypto(shelf));
nvmConformance('IndexedDB', () => fresh(8192));
const channel = (): Wire => new BroadcastChannel('field');
async function inTheField() {
  const crypto = webCrypto(shelfInMemory());
  const nvm = await databaseNvm(`card-${made++}`, cardMemorySize());
  const blank = await createCard({ nvm, crypto });
  const held = holdCard(channel(), async () => blank);
  const transport = await waitForCard(channel());
  return { transport, remove: () => held.remove(), dispose: () => nvm.close() };
}
transportConformance('virtual field', inTheField);
rsaConformance('BigInt', { publicOperation: rsaPublicOperation });
async function fieldWithHand() {
  const crypto = webCrypto(shelfInMemory());
  const nvm = inMemoryNvm(cardMemorySize());
  await createCard({ nvm, crypto });
  const wire: Wire = new BroadcastChannel(`hand-${made++}`);
  let held: HeldCard | undefined;
  return {
    reader: fieldReader(wire),
    lay() {
      // A channel does not hear itself.
      held = holdCard(new BroadcastChannel(`hand-${made - 1}`), () => openCard({ nvm, crypto }));
    },
    remove: () => held?.remove(),
    dispose: () => held?.remove(),
  };
}
readerConformance('virtual field', fieldWithHand);
readerConformance('virtual field, with a virtual card', async () => {
  const card = await openVirtualCard(`card-${made++}`);
  const channel = `hand-${made}`;
  let held: HeldCard | undefined;
  return {
    reader: fieldReader(new BroadcastChannel(channel)),
    lay() {
      held = card.hold(new BroadcastChannel(channel));
    },
    remove: () => held?.remove(),
    dispose() {
      held?.remove();
      card.close();
    },
  };
});
memoryConformance('over IndexedDB', { format: formatMemory, open: openMemory }, () => fresh(65_536));

const sokkin = {
  ...{ databaseNvm, openVirtualCard, shelfInDatabase, webCrypto, holdCard, waitForCard, channel },
  /** A blank card, powered up anew at every tap. */
  async blankCard() {
    const crypto = webCrypto(shelfInMemory());
    const nvm = inMemoryNvm(cardMemorySize());
    await createCard({ nvm, crypto });
    return () => openCard({ nvm, crypto });
  },
};
Object.assign(globalThis, { outcomes: runAll(), sokkin });
