/**
 * A phone's mailbox in its file.
 *
 * What must hold: `changeMailbox` returns when the change is on the disk; two programs that change one mailbox do so
 * one after the other, so neither loses what the other has put in.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fromHex, hex, SokkinError } from '@sokkin/codec';
import { type FileNvm, openFileNvm } from '@sokkin/node';
import {
  decodeMailbox,
  EMPTY_MAILBOX,
  encodeMailbox,
  type Mailbox,
  type MailboxStore,
} from '@sokkin/terminal';
import { damaged, readJson, writeWhole } from './files.ts';
import type { Place } from './places.ts';

export function mailboxOf(phone: Place): MailboxStore {
  return {
    async load(): Promise<Mailbox> {
      const about = await readJson(phone.about);
      const stored = about?.mailbox;
      if (stored === undefined) return EMPTY_MAILBOX;
      try {
        return decodeMailbox(fromHex(String(stored)));
      } catch (error) {
        throw damaged(phone.about, error);
      }
    },
    async save(box) {
      const about = (await readJson(phone.about)) ?? { name: phone.name };
      const content = { ...about, mailbox: hex(encodeMailbox(box)) };
      await writeWhole(phone.about, `${JSON.stringify(content, null, 2)}\n`);
    },
  };
}

/** Loads, changes, saves; nobody else does meanwhile. */
export async function changeMailbox(phone: Place, change: (box: Mailbox) => Mailbox): Promise<Mailbox> {
  const claim = await claimed(phone.about);
  try {
    const store = mailboxOf(phone);
    const box = change(await store.load());
    await store.save(box);
    return box;
  } finally {
    await claim.close();
  }
}

const PATIENCE_MS = 5_000;

/** The claim that card files are guarded with: it outlives no process. */
async function claimed(path: string): Promise<FileNvm> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await openFileNvm(path);
    } catch (error) {
      const busy = error instanceof SokkinError && error.code === 'card_in_use';
      if (!busy || performance.now() > until) throw error;
      await sleep(10 + Math.random() * 20);
    }
  }
}
