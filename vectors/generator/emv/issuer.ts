/** What the issuer of the vectors says to an ARQC: tag 91, with how it is computed (Book 2, section 8.2). */
import { ascii, type Bytes, type CsuFlag, concat, encodeCsu, hex } from '@sokkin/codec';
import { xor, zeros } from '@sokkin/crypto';
import { arpc, type GenuineCryptogram, type IssuerWord } from '@sokkin/issuer';
import type { Json } from '../show.ts';
import { type Product, symmetric } from './products.ts';

export interface IssuerAnswer {
  /** The value of tag 91. */
  readonly data: Bytes;
  readonly shown: { readonly [name: string]: Json };
}

/** An approval by the method of the profile; `flags`: what the card status update orders besides. */
export function approval(
  { profile }: Product,
  genuine: GenuineCryptogram,
  flags: readonly CsuFlag[] = [],
): IssuerAnswer {
  const { cryptogram } = genuine;
  if (profile.control.arpcMethod === 1) {
    const responseCode = ascii('00');
    const input = xor(cryptogram, concat(responseCode, zeros(6)));
    return answered(genuine, { method: 1, responseCode }, input, { responseCode: hex(responseCode) });
  }
  const orders = ['issuerApproves', ...flags] as const;
  const cardStatusUpdate = encodeCsu({ flags: new Set(orders), counters: 'reset', pinTries: 3 });
  const input = concat(cryptogram, cardStatusUpdate);
  const status = { bytes: hex(cardStatusUpdate), flags: orders, counters: 'reset' };
  return answered(genuine, { method: 2, cardStatusUpdate }, input, { cardStatusUpdate: status });
}

function answered(
  genuine: GenuineCryptogram,
  word: IssuerWord,
  input: Bytes,
  says: { readonly [name: string]: Json },
): IssuerAnswer {
  const data = arpc(symmetric, genuine, word);
  const proof = data.subarray(0, word.method === 1 ? 8 : 4);
  const shown = {
    method: word.method,
    ...says,
    sessionKey: hex(genuine.sessionKey),
    arpcInput: hex(input),
    arpc: hex(proof),
  };
  return { data, shown };
}

/** The same with one wrong bit. */
export function forged({ data, shown }: IssuerAnswer): IssuerAnswer {
  const wrong = data.slice();
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  return { data: wrong, shown: { ...shown, sent: hex(wrong) } };
}
