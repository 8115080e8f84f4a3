/**
 * Runs a script of Debian's cardpeek against the card in a slot of a house, without a window.
 *
 * What must hold: it ends, whatever cardpeek asks; what cardpeek keeps of itself lies in a folder that goes with it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { House } from './house.ts';

export const CARDPEEK = '/usr/bin/cardpeek';

export interface Peeked {
  /** What the script logged, a line each, without its number: `INFO    Recv: 9000 ...`. */
  readonly log: readonly string[];
  /** The lines of it that are warnings or errors. */
  readonly trouble: readonly string[];
  /** The tree of what it read, as XML. */
  readonly tree: string;
}

const ENDS_MS = 60_000;
/** Its console asks anew for ever once its input has ended. */
const MOST_CHARS = 1_000_000;
/** To each of its questions: the first answer. The first two make its folder. */
const ANSWERS = '1\n'.repeat(100);
const BEGIN = 'sokkin: begin';
const END = 'sokkin: end';

/** `script`: one of cardpeek's own, as `emv`, or Lua that has `card`, `bytes` and `nodes`. */
export async function cardpeek(house: House, slot: number, script: string): Promise<Peeked> {
  const home = await mkdtemp(join(tmpdir(), 'sokkin-cardpeek-'));
  const lua = /^[\w-]+$/.test(script) ? `dofile('${script}.lua')` : script;
  const tree = join(home, 'tree.xml');
  const words = [
    `log.print(log.INFO, '${BEGIN}')`,
    `local ok, failure = pcall(function() ${lua}`,
    'end)',
    'if not ok then log.print(log.ERROR, tostring(failure)) end',
    `local f = io.open('${tree}', 'w') f:write(nodes.to_xml(nodes.root()) or '') f:close()`,
    `log.print(log.INFO, '${END}')`,
    // Its console would ask for the next command.
    'os.exit(0)',
  ];
  const env = { ...house.env, HOME: home };
  const start = (exec: string) =>
    run(['--console', '--reader', `pcsc://${house.slots[slot]}`, '--exec', exec], env);
  try {
    // Its first run makes its folder, and runs without the libraries in it.
    await start('os.exit(0)');
    const said = await start(words.join('\n'));
    const log = (await readFile(join(home, '.cardpeek.log'), 'utf8').catch(() => '')).split('\n');
    const lines = log.map((line) => line.replace(/^\d+ /, '').trimEnd());
    const begin = lines.findIndex((line) => line.startsWith('INFO') && line.endsWith(BEGIN));
    const end = lines.findIndex((line) => line.startsWith('INFO') && line.endsWith(END));
    if (begin < 0 || end < 0)
      throw new Error(`cardpeek did not come to the end of the script:\n${said.slice(0, 4_000)}`);
    const own = lines.slice(begin + 1, end);
    return {
      log: own,
      trouble: own.filter((line) => /^(WARNING|ERROR)/.test(line)),
      tree: existsSync(tree) ? await readFile(tree, 'utf8') : '',
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** An element in the tree: by its tag, as it came, and as cardpeek reads it to people. */
export interface Shown {
  readonly id: string;
  readonly value: string;
  readonly text?: string;
}

export function shownIn(tree: string): Shown[] {
  const found = tree.matchAll(
    /<attr name="id">([0-9A-F]+)<\/attr>\s*<attr name="size">\d+<\/attr>\s*<attr name="val"[^>]*>8:([0-9A-F]*)<\/attr>(?:\s*<attr name="alt">([^<]*)<\/attr>)?/g,
  );
  return [...found].map(([, id = '', value = '', text]) => ({
    id,
    value,
    ...(text === undefined ? {} : { text }),
  }));
}

function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(CARDPEEK, words, { env, timeout: ENDS_MS, killSignal: 'SIGKILL' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
      if (said.length > MOST_CHARS) child.kill('SIGKILL');
    });
  }
  // It may end before it has read all answers.
  child.stdin.on('error', () => undefined);
  child.stdin.end(ANSWERS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}
