/**
 * Answers in the acquirer's dialect.
 *
 * What must hold: every answer has a code in field 39 and can be written; what a dialect has no place for is left out, and
 * never the code; field 39 of an approval is said only where the desk (or stand-in) approved.
 */
import {
  type Bytes,
  IsoError,
  type IsoMessage,
  type IsoProfile,
  type IsoValue,
  respondIso,
} from '@sokkin/codec';
import { type AcceptanceOutcome, responseCodeOf } from '@sokkin/issuer';
import type { IsoLine, IsoMacKey } from '@sokkin/node';
import type { ShopAnswer } from '../desk.ts';

const AMOUNT = 4;
const APPROVAL_CODE = 38;
const CODE = 39;
const CHIP = 55;

/** An answer that moves nothing. */
export const refusal = (outcome: AcceptanceOutcome): ShopAnswer => ({
  outcome,
  approved: 0n,
  approvalCode: undefined,
  chip: [],
  fields: {},
});

/** Network messages have codes of their own in 1993. */
export const NETWORK_ACCEPTED = { '1987': '00', '1993': '800' } as const;

/** The octets of the answer, with its code (MAC) under the key that the question came under. */
export function writeAnswer(
  line: IsoLine,
  key: IsoMacKey | undefined,
  request: IsoMessage,
  answer: ShopAnswer,
): Bytes {
  const { profile } = line;
  const code = { [CODE]: responseCodeOf(profile.version, answer.outcome) };
  const approval = answer.approvalCode === undefined ? {} : { [APPROVAL_CODE]: answer.approvalCode };
  const partial = answer.outcome === 'approved_partially' ? { [AMOUNT]: answer.approved } : {};
  const chip = answer.chip.length === 0 ? {} : { [CHIP]: answer.chip };
  const few = { ...partial, ...approval, ...code };
  const full = { ...answer.fields, ...chip, ...few };
  return (
    tryWrite(line, key, respond(profile, request, full)) ??
    tryWrite(line, key, respond(profile, request, few)) ??
    line.write(respond(profile, request, code), key)
  );
}

/** undefined: the dialect has no room for one of its values. */
function tryWrite(line: IsoLine, key: IsoMacKey | undefined, message: IsoMessage): Bytes | undefined {
  try {
    return line.write(message, key);
  } catch (error) {
    if (error instanceof IsoError) return undefined;
    throw error;
  }
}

/** Of a network message. */
export const networkAnswer = (
  profile: IsoProfile,
  request: IsoMessage,
  more: Readonly<Record<number, IsoValue>> = {},
): IsoMessage => respond(profile, request, { ...more, [CODE]: NETWORK_ACCEPTED[profile.version] });

function respond(
  profile: IsoProfile,
  request: IsoMessage,
  given: Readonly<Record<number, IsoValue>>,
): IsoMessage {
  const known = Object.entries(given).filter(([number]) => profile.fields[Number(number)] !== undefined);
  return respondIso(profile, request, Object.fromEntries(known));
}
