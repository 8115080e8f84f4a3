/**
 * The block list that a phone carries, in `phones/NAME.blocked`: the messages as they were signed.
 *
 * What must hold: what is in the file is verified again whenever it is used, so that whoever writes into the folder can
 * leave the list out, but put nobody on it; the newest wins.
 */
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { type HeldBlockList, type Trust, takeBlockList, verifyBlockList } from '@sokkin/purse';
import * as read from '@sokkin/sdk/json';
import type { Context } from '../io/context.ts';
import { damaged, readJson, writeWhole } from './files.ts';
import type { Place } from './places.ts';

/** A whole list and changes to it, oldest first. */
export interface CarriedList {
  readonly held: HeldBlockList;
  /** Under which the phone's own purse was certified. */
  readonly issuer: Certificate;
  readonly parts: readonly SignedPart[];
}
export interface SignedPart {
  readonly authority: Certificate;
  readonly message: Bytes;
}

const pathOf = (phone: Place): string => phone.purse.replace(/\.purse$/, '.blocked');

export async function loadBlockList(
  context: Context,
  trust: Trust,
  phone: Place,
): Promise<CarriedList | undefined> {
  const path = pathOf(phone);
  const found = await readJson(path);
  if (found === undefined) return undefined;
  try {
    const ref = read.text(found.issuer, 'issuer');
    const issuer = trust.knownIssuers.find((c) => hex(c.subjectRef) === ref);
    if (issuer === undefined) throw new SokkinError('other_root', `the issuer ${ref} is not known here`);
    let carried: CarriedList | undefined;
    for (const [i, item] of read.list(found.parts, 'parts').entries()) {
      const o = read.object(item, `parts[${i}]`);
      const part = {
        authority: read.certificate(o.authority, 'authority'),
        message: read.bytes(o.list, 'list'),
      };
      carried = await addPart(context, trust, { issuer, before: carried, part, expiry: 'ignore_expiry' });
    }
    return carried;
  } catch (error) {
    throw damaged(path, error);
  }
}

export interface PartToAdd {
  readonly issuer: Certificate;
  readonly before: CarriedList | undefined;
  readonly part: SignedPart;
  readonly expiry?: 'ignore_expiry';
}

/** Fails with `block_list_refused`, and says why. */
export async function addPart(
  { crypto }: Context,
  trust: Trust,
  { issuer, before, part, expiry }: PartToAdd,
): Promise<CarriedList> {
  const chain = { issuer, leaf: part.authority };
  const verified = await verifyBlockList(crypto, trust, chain, part.message, expiry);
  if (verified.status !== 'ok') throw refused(`it is not to be believed (${verified.status})`);
  const list = verified.value.fields;
  const taken = takeBlockList(before?.held, list);
  switch (taken.status) {
    case 'taken':
      return {
        held: taken.held,
        issuer,
        parts: list.base === 0 ? [part] : [...(before?.parts ?? []), part],
      };
    case 'same':
      if (before === undefined) throw new Error('Bug: a list is the same as none');
      return before;
    case 'older':
      throw refused('it is older than the one that the phone has');
    case 'other_base':
      throw refused('it changes another list than the one that the phone has');
  }
}

const refused = (why: string): SokkinError =>
  new SokkinError('block_list_refused', `The block list was not taken: ${why}. The phone keeps what it had.`);

export async function keepBlockList(phone: Place, { issuer, parts }: CarriedList): Promise<void> {
  const content = {
    issuer: hex(issuer.subjectRef),
    parts: parts.map(({ authority, message }) => ({ authority: hex(authority.bytes), list: hex(message) })),
  };
  await writeWhole(pathOf(phone), `${JSON.stringify(content)}\n`);
}

export const partOf = (answer: read.Json): SignedPart => ({
  authority: read.certificate(answer.authority, 'authority'),
  message: fromHex(read.text(answer.list, 'list')),
});
