/** Debian's card tools, run where they see the readers of a house. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { House } from './house.ts';

const TOOLS = ['opensc-tool', 'scriptor', 'pcsc_scan'];
/** A tool that does not end by itself is ended. */
const ENDS_MS = 20_000;

/** Why their tests cannot run; undefined: they are all there. */
export function missingTool(): string | undefined {
  const missing = TOOLS.find((tool) => !existsSync(`/usr/bin/${tool}`));
  return missing && `${missing} is not installed: run scripts/install-pcsc.sh as root`;
}

export interface ToolRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function runTool(
  house: House,
  program: string,
  words: readonly string[],
  input = '',
): Promise<ToolRun> {
  const child = spawn(program, words, {
    env: house.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: ENDS_MS,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  // It may end before it has read.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** As these tools write bytes. */
export const spaced = (digits: string): string => digits.toUpperCase().replaceAll(/(..)(?=.)/g, '$1 ');

/** The answers in what scriptor printed, each in hexadecimal: lines of 16 bytes, and then what the status word means. */
export function scriptorAnswers(out: string): string[] {
  const answers = out.split(/^> .*$/m).slice(1);
  return answers.map((answer) =>
    (answer.match(/<([0-9A-F\s]+)/)?.[1] ?? '').replaceAll(/\s/g, '').toLowerCase(),
  );
}
