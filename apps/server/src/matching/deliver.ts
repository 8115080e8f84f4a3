/**
 * Carries signed messages from the uploads that handed them in to who signed them, where they are evidence, and to whom they are for.
 *
 * What must hold: a message leaves the upload's rows last, when it was judged, so what is cut off is done again from its start; done
 * twice, it is the same.
 */
import type { Backend } from '../backend.ts';
import { judgeSigner } from './findings.ts';

const MOST = 500;

/** Of these purses' uploads; of all where none are named. */
export async function deliver(b: Backend, purses?: readonly string[]): Promise<void> {
  for (;;) {
    const handed = await b.store.read((tx) => tx.mailbox.handedIn(MOST, purses));
    if (handed.length === 0) return;
    const rows = handed.map(({ row }) => row);
    await b.store.write((tx) => tx.mailbox.keep(rows));
    await b.store.write((tx) => tx.mailbox.post(rows));
    await judgeMessages(b, new Set(rows.map(({ signer }) => signer)));
    await b.store.write((tx) => tx.mailbox.delivered(handed));
  }
}

/** Signed messages of these purses, held against their journals and each other. */
export async function judgeMessages(b: Backend, signers: Iterable<string>): Promise<void> {
  for (const signer of signers) await b.store.write((tx) => judgeSigner(b, tx, signer));
}
