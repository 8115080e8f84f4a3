/**
 * Personalisation of an application through the domain: INSTALL [for personalization] names it, STORE DATA commands
 * bring it data groupings (GPCS 2.3, 7.3.3, 11.5.2.3.6 and 11.11).
 *
 * What must hold:
 * - a grouping is forwarded when it is whole, once, in the order in which they came; wherever it was cut between
 *   blocks. Secret ones are forwarded deciphered, and only if their padding was right;
 * - blocks count from 0, without a gap; what is not yet a whole grouping is at most `MOST_PENDING` bytes;
 * - a refused block ends the personalisation: it goes on only from a new beginning, and what takes effect then is
 *   what the application makes of it (`Personalisation`).
 */
import {
  type Bytes,
  type CommandApdu,
  concat,
  type DataGrouping,
  equal,
  isSecretGrouping,
  parseInstallForPersonalization,
  type ResponseApdu,
  readGrouping,
  STORE_DATA_P1,
  SW,
  u8,
} from '@sokkin/codec';
import { type Applet, failed, NO_DATA, ok, type Personalisation } from '../applet.ts';
import { attempt } from '../attempt.ts';

export const MOST_PENDING = 4096;

/** INSTALL is confirmed by no data of length 0 (GPCS, 11.5.3.1). */
const NO_CONFIRMATION = u8(0);
const { lastBlock, encryptedByIdentifier, groupings, mayAnswer } = STORE_DATA_P1;
const FREE_BITS = lastBlock | encryptedByIdentifier | mayAnswer;

export interface Personaliser {
  /** Data of INSTALL [for personalization]. Whatever was under way before has ended. */
  begin(data: Bytes): ResponseApdu;
  /** STORE DATA. */
  store(command: CommandApdu): Promise<ResponseApdu>;
  end(): void;
}

interface Run {
  readonly target: Personalisation;
  readonly nextBlock: number;
  /** The beginning of a grouping. */
  readonly pending: Bytes;
}

/** `decipher`: under the data key, without padding; undefined if that cannot be. */
export function personaliser(
  applets: readonly Applet[],
  decipher: (value: Bytes) => Bytes | undefined,
): Personaliser {
  let run: Run | undefined;

  function begin(data: Bytes): ResponseApdu {
    run = undefined;
    const aid = attempt(() => parseInstallForPersonalization(data));
    if (aid === undefined) return failed(SW.wrongData);
    const target = applets.find((applet) => equal(applet.aid, aid))?.personalisation;
    if (target === undefined) return failed(SW.referencedDataNotFound);
    const begun = target.begin();
    if (begun.sw !== SW.ok) return begun;
    run = { target, nextBlock: 0, pending: NO_DATA };
    return ok(NO_CONFIRMATION);
  }

  async function store({ p1, p2, data }: CommandApdu): Promise<ResponseApdu> {
    const current = run;
    // Unless this block is accepted.
    run = undefined;
    if (current === undefined) return failed(SW.conditionsNotSatisfied);
    if ((p1 & ~FREE_BITS) !== groupings || p2 !== current.nextBlock) return failed(SW.incorrectP1P2);
    const pending = concat(current.pending, data);
    if (pending.length > MOST_PENDING) return failed(SW.notEnoughMemory);
    const forwarded = await forward(current.target, pending);
    if (forwarded.answer.sw !== SW.ok) return failed(forwarded.answer.sw);
    if ((p1 & lastBlock) !== 0) return finish(current.target, forwarded);
    run = { target: current.target, nextBlock: p2 + 1, pending: forwarded.rest };
    return forwarded.answer;
  }

  /** Every whole grouping to the target; its answers in one, and the bytes that are none yet. */
  async function forward(target: Personalisation, bytes: Bytes): Promise<Forwarded> {
    let [rest, answers]: [Bytes, Bytes] = [bytes, NO_DATA];
    for (let read = readGrouping(rest); read !== undefined; read = readGrouping(rest)) {
      const grouping = plain(read.grouping);
      const answer = grouping === undefined ? failed(SW.wrongData) : await target.store(grouping);
      if (answer.sw !== SW.ok) return { answer, rest };
      answers = concat(answers, answer.data);
      rest = rest.subarray(read.end);
    }
    return { answer: ok(answers), rest };
  }

  function plain({ dgi, value }: DataGrouping): DataGrouping | undefined {
    if (!isSecretGrouping(dgi)) return { dgi, value };
    const secret = decipher(value);
    return secret && { dgi, value: secret };
  }

  async function finish(target: Personalisation, { answer, rest }: Forwarded): Promise<ResponseApdu> {
    if (rest.length > 0) return failed(SW.wrongData);
    const finished = await target.finish();
    if (finished.sw !== SW.ok) return failed(finished.sw);
    return ok(concat(answer.data, finished.data));
  }

  return {
    begin,
    store,
    end() {
      run = undefined;
    },
  };
}

interface Forwarded {
  readonly answer: ResponseApdu;
  readonly rest: Bytes;
}
