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

/** A command with what it must be answered, or power off and on. */
export type Step = 'power' | Exchange;
export interface Exchange {
  /** Of the script, from 1. */
  readonly line: number;
  /** In hexadecimal. */
  readonly command: string;
  /** Undefined: whatever. */
  readonly wanted: string | undefined;
}

/** What a script asks for, step by step. */
export function readSteps(text: string, values: Readonly<Record<string, Bytes>> = {}): Step[] {
  const steps: Step[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const content = line.replace(/#.*/, '').trim();
    const last = steps.at(-1);
    if (content === '') continue;
    if (content === 'power') steps.push('power');
    else if (content.startsWith('>')) {
      steps.push({ line: i + 1, command: written(content.slice(1), values), wanted: undefined });
    } else if (content.startsWith('<') && typeof last === 'object') {
      steps[steps.length - 1] = { ...last, wanted: written(content.slice(1), values) };
    } else throw new Error(`Line ${i + 1} of the script is none: ${content}`);
  }
  return steps;
}

/** Whether it is what the script wants; `answer` in hexadecimal. An error that shows both if not. */
export function expectAnswer({ line, command, wanted }: Exchange, answer: string): void {
  if (wanted === undefined || patternOf(wanted).test(answer)) return;
  throw new Error(`Line ${line}: ${command} must be answered ${wanted}, and was answered ${answer}`);
}

/** Plays the script on the card, beginning with power on. */
export async function playScript(
  stage: Stage,
  text: string,
  values: Readonly<Record<string, Bytes>> = {},
): Promise<void> {
  let transport = await stage.tap();
  for (const step of readSteps(text, values)) {
    if (step === 'power') transport = await stage.tap();
    else expectAnswer(step, hex(await transport.transmit(fromHex(step.command))));
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
