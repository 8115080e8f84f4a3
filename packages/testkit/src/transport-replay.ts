/**
 * Recording a conversation with a card, and playing it back without the card.
 *
 * What must hold: a replay answers exactly the recorded commands in the recorded order; anything else is an error
 * that shows both, so that a changed byte on the air never goes unnoticed.
 */
import { type Bytes, equal, fromHex, hex } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';

export interface ApduPair {
  readonly command: Bytes;
  /** undefined: the card was lost over this command. */
  readonly response: Bytes | undefined;
}

/** Writes every pair into `script`. */
export function recording(inner: ApduTransport, script: ApduPair[]): ApduTransport {
  return {
    extended: inner.extended,
    async transmit(command) {
      let response: Bytes | undefined;
      try {
        response = await inner.transmit(command);
        return response;
      } finally {
        script.push({ command: command.slice(), response: response?.slice() });
      }
    },
  };
}

export interface Replay extends ApduTransport {
  /** Throws if recorded pairs were never asked for. */
  finish(): void;
}

export function replaying(script: readonly ApduPair[], extended = true): Replay {
  let at = 0;
  return {
    extended,
    async transmit(command) {
      const pair = script[at];
      if (pair === undefined) throw new Error(`Replay: ${hex(command)} came after the recorded end`);
      if (!equal(pair.command, command)) {
        throw new Error(`Replay, exchange ${at}: ${hex(command)} came, ${hex(pair.command)} was recorded`);
      }
      at += 1;
      if (pair.response === undefined) throw cardLost();
      return pair.response.slice();
    },
    finish() {
      if (at < script.length) throw new Error(`Replay: ${script.length - at} recorded exchanges never came`);
    },
  };
}

/** Text form: a line `> hex` for each command, `< hex` for its answer, `< lost` for none; # begins a comment. */
export function formatScript(script: readonly ApduPair[]): string {
  return script
    .map(
      ({ command, response }) => `> ${hex(command)}\n< ${response === undefined ? 'lost' : hex(response)}\n`,
    )
    .join('');
}

export function parseScript(text: string): ApduPair[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const pairs: ApduPair[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const [command, response] = [lines[i], lines[i + 1]];
    if (!command?.startsWith('>') || !response?.startsWith('<')) {
      throw new Error(`Script: "${command}" and "${response}" are no pair`);
    }
    const answer = response.slice(1).trim();
    pairs.push({
      command: fromHex(command.slice(1).trim()),
      response: answer === 'lost' ? undefined : fromHex(answer),
    });
  }
  return pairs;
}
