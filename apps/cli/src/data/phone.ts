/** A phone's mailbox in its file. What must hold: `save` returns when it is on the disk. */
import { fromHex, hex } from '@sokkin/codec';
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

/** Loads, changes, saves. */
export async function changeMailbox(phone: Place, change: (box: Mailbox) => Mailbox): Promise<Mailbox> {
  const store = mailboxOf(phone);
  const box = change(await store.load());
  await store.save(box);
  return box;
}
