/**
 * APDU scripts with patterns: what a command must be answered with, without saying more than the specification does.
 *
 *     power                          off and on: a new tap
 *     > 80ca df20 00                 a command; spaces mean nothing; {name} is a value, 00x255 is a byte 255 times
 *     < df20 54 *9000                its answer: .. is any byte, * any number of bytes
 *
 * What must hold: an answer that does not match ends the script with the line, the command and both answers.
 */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';

export interface Stage {
  /** Power off and on. */
  tap(): Promise<ApduTransport>;
}

/** Plays the script on the card, beginning with power on. */
export async function playScript(
  stage: Stage,
  text: string,
  values: Readonly<Record<string, Bytes>> = {},
): Promise<void> {
  let transport = await stage.tap();
  let command = '';
  let answer: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    if (content === 'power') transport = await stage.tap();
    else if (content.startsWith('>')) {
      command = written(content.slice(1), values);
      answer = hex(await transport.transmit(fromHex(command)));
    } else if (content.startsWith('<') && answer !== undefined) {
      const wanted = written(content.slice(1), values);
      if (!patternOf(wanted).test(answer)) {
        throw new Error(`Line ${i + 1}: ${command} must be answered ${wanted}, and was answered ${answer}`);
      }
    } else throw new Error(`Line ${i + 1} of the script is none: ${content}`);
  }
}

function written(text: string, values: Readonly<Record<string, Bytes>>): string {
  return text
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`The script has no value {${name}}`);
      return hex(value);
    })
    .replaceAll(/([0-9a-f]{2})x(\d+)/g, (_, byte: string, n: string) => byte.repeat(Number(n)))
    .replaceAll(/\s/g, '');
}

const patternOf = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '(?:..)*')}$`);
