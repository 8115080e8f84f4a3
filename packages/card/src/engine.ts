/**
 * The card: one command APDU in, one response APDU out (ISO/IEC 7816-4 sections 5 and 11).
 *
 * The engine knows the transport rules that all applets share: decoding, SELECT, command chaining, GET
 * RESPONSE, class bytes. What must hold:
 * - commands are worked off one at a time, each to its end;
 * - a response leaves only after what it says is in memory;
 * - bytes that no command has sense in get a status word, never an exception. The only exception that leaves
 *   `transmit` is that of memory or power, and after it the card is mute until it is opened again.
 */
import {
  type Bytes,
  type CommandApdu,
  concat,
  decodeCommand,
  encodeResponse,
  equal,
  type ResponseApdu,
  SokkinError,
  SW,
} from '@sokkin/codec';
import { INS, MAX_COMMAND_DATA } from '@sokkin/purse';
import { type Applet, failed, NO_DATA } from './applet.ts';

export interface Card {
  /** Sends one command APDU and gives the response APDU. Rejects only when memory or power failed. */
  transmit(command: Bytes): Promise<Bytes>;
  /** Power off and on: everything volatile is gone. A card whose memory failed stays mute; open it anew. */
  reset(): void;
}

const CLA_CHAINED = 0x10;
const CLA_SECURE_MESSAGING = 0x0c;
const CLA_CHANNEL = 0x03;
const KNOWN_CLASSES = [0x00, 0x80];
/** P2 of SELECT: first or only occurrence, next occurrence, the first without its control information. */
const NEXT_OCCURRENCE = 0x02;
const WITHOUT_FCI = 0x0c;
const SELECT_OCCURRENCES: readonly number[] = [0x00, NEXT_OCCURRENCE, WITHOUT_FCI];
const NOTHING_MORE: ResponseApdu = { data: NO_DATA, sw: SW.ok };
/** SELECT may shorten an AID from the right down to the length of a RID. */
const SHORTEST_AID = 5;

/** `mayBeSelected`: what the card as a whole lets out, besides what an applet says of itself. */
export function createEngine(
  applets: readonly Applet[],
  mayBeSelected: (applet: Applet) => boolean = () => true,
): Card {
  let selected: Applet | undefined;
  let chained: { head: CommandApdu; data: Bytes } | undefined;
  /** What is still to be fetched, and the status word that ends it. */
  let rest: ResponseApdu = NOTHING_MORE;
  let turn: Promise<Bytes> = Promise.resolve(NO_DATA);

  async function run(command: CommandApdu): Promise<ResponseApdu> {
    if (command.ins === INS.getResponse && command.cla === 0x00) return getResponse(command);
    rest = NOTHING_MORE;
    const cls = command.cla & ~CLA_CHAINED;
    if ((cls & CLA_SECURE_MESSAGING) !== 0) return secured(command);
    if ((cls & CLA_CHANNEL) !== 0) return drop(SW.logicalChannelNotSupported);
    if (!KNOWN_CLASSES.includes(cls)) return drop(SW.claNotSupported);
    const whole = gather(command);
    if (typeof whole === 'number') return drop(whole);
    if (whole === undefined) return failed(SW.ok);
    const answer = await dispatch(whole);
    return portion(answer, whole.ne);
  }

  /** To the applet as it came, because the MAC covers the very bytes; never chained. */
  async function secured(command: CommandApdu): Promise<ResponseApdu> {
    if (selected?.secureMessaging === undefined) return drop(SW.secureMessagingNotSupported);
    if (chained !== undefined) return drop(SW.lastCommandExpected);
    if ((command.cla & CLA_CHAINED) !== 0) return drop(SW.chainingNotSupported);
    if ((command.cla & CLA_CHANNEL) !== 0) return drop(SW.logicalChannelNotSupported);
    return portion(await selected.process(command), command.ne);
  }

  function drop(sw: number): ResponseApdu {
    chained = undefined;
    return failed(sw);
  }

  /** Undoes command chaining: undefined while more is to come, a status word if it went wrong. */
  function gather(command: CommandApdu): CommandApdu | number | undefined {
    const cla = command.cla & ~CLA_CHAINED;
    if (chained === undefined && cla === command.cla) {
      return command.data.length > MAX_COMMAND_DATA ? SW.wrongLength : command;
    }
    if (chained !== undefined) {
      const { head } = chained;
      const same =
        head.cla === cla && head.ins === command.ins && head.p1 === command.p1 && head.p2 === command.p2;
      if (!same) return SW.lastCommandExpected;
    }
    const data = chained === undefined ? command.data : concat(chained.data, command.data);
    if (data.length > MAX_COMMAND_DATA) return SW.wrongLength;
    if ((command.cla & CLA_CHAINED) !== 0) {
      chained = { head: { ...command, cla }, data };
      return undefined;
    }
    chained = undefined;
    return { ...command, cla, data };
  }

  async function dispatch(command: CommandApdu): Promise<ResponseApdu> {
    if (command.ins === INS.select && command.cla === 0x00) return select(command);
    if (selected === undefined) return failed(SW.commandNotAllowed);
    return selected.process(command);
  }

  function select(command: CommandApdu): ResponseApdu {
    if (command.p1 !== 0x04) return selected?.selectFile?.(command) ?? failed(SW.incorrectP1P2);
    if (!SELECT_OCCURRENCES.includes(command.p2)) return failed(SW.incorrectP1P2);
    // The next one after the application that is selected, for names that are cut off (ISO/IEC 7816-4, 11.2.2).
    const from = command.p2 === NEXT_OCCURRENCE && selected !== undefined ? applets.indexOf(selected) + 1 : 0;
    const found = applets
      .slice(from)
      .find((a) => names(a, command.data) && a.isSelectable?.() !== false && mayBeSelected(a));
    if (found === undefined) return failed(SW.fileNotFound);
    if (selected !== found) selected?.deselect();
    selected = found;
    const answer = found.select();
    return command.p2 === WITHOUT_FCI ? { ...answer, data: NO_DATA } : answer;
  }

  /** Sends what fits under Le and keeps the rest for GET RESPONSE. */
  function portion(answer: ResponseApdu, ne: number | undefined): ResponseApdu {
    const room = ne ?? 0;
    if (answer.data.length <= room) return answer;
    rest = { data: answer.data.slice(room), sw: answer.sw };
    const left = Math.min(rest.data.length, 0x100) % 0x100;
    return { data: answer.data.slice(0, room), sw: SW.moreData + left };
  }

  function getResponse(command: CommandApdu): ResponseApdu {
    chained = undefined;
    if (command.p1 !== 0 || command.p2 !== 0) return failed(SW.incorrectP1P2);
    if (rest.data.length === 0) return failed(SW.conditionsNotSatisfied);
    const all = rest;
    rest = NOTHING_MORE;
    return portion(all, command.ne ?? 0x100);
  }

  async function transmitNow(bytes: Bytes): Promise<Bytes> {
    let command: CommandApdu;
    try {
      command = decodeCommand(bytes);
    } catch (error) {
      if (!(error instanceof SokkinError)) throw error;
      rest = NOTHING_MORE;
      return encodeResponse(drop(SW.wrongLength));
    }
    return encodeResponse(await run(command));
  }

  function reset(): void {
    selected?.deselect();
    selected = undefined;
    chained = undefined;
    rest = NOTHING_MORE;
  }

  return {
    reset,
    transmit(bytes) {
      // A failed turn fails all that follow: what is in RAM may no longer be what is in memory.
      turn = turn.then(() => transmitNow(bytes));
      return turn;
    },
  };
}

function names(applet: Applet, aid: Bytes): boolean {
  if (aid.length === 0) return applet.isDefault === true;
  if (aid.length < SHORTEST_AID || aid.length > applet.aid.length) return false;
  return equal(applet.aid.subarray(0, aid.length), aid);
}
