/**
 * The other process of file-nvm.test.ts. It is killed in the middle of what it does.
 *
 *     commit <file>   commits 1, 2, 3, ... on top of what it finds; prints each after the commit returned
 *     hold <file>     opens, prints "open", waits
 *     contend <file> <rounds>   opens and closes; prints "clash" if anybody else is inside at the same time
 *     create <file> <size>      creates, or prints the error's code
 */
import { mkdir, rmdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { concat, type SokkinError, u32 } from '@sokkin/codec';
import { openMemory } from '../../../packages/card/src/memory/memory.ts';
import { openFileNvm } from '../src/file-nvm.ts';

const [, , verb, path = '', argument = '0'] = process.argv;
const say = (line: string) => process.stdout.write(`${line}\n`);

async function commitForever(): Promise<never> {
  const memory = await openMemory(await openFileNvm(path));
  const head = memory.head;
  let n = head ? new DataView(head.buffer, head.byteOffset).getUint32(0) : 0;
  say('open');
  for (;;) {
    n++;
    // Head n refers to cell n mod 8, and says what must stand there; the length changes all the time.
    const body = new Uint8Array(300 + (n % 700)).fill(n & 0xff);
    await memory.commit(concat(u32(n), body), [{ index: n % 8, bytes: u32(n) }]);
    say(String(n));
  }
}

async function contend(): Promise<void> {
  for (let round = 0; round < Number(argument); ) {
    const nvm = await openFileNvm(path).catch((error: SokkinError) => {
      if (error.code !== 'card_in_use') throw error;
      return undefined;
    });
    if (!nvm) continue;
    const alone = await mkdir(`${path}.inside`).then(
      () => true,
      () => false,
    );
    if (!alone) say('clash');
    await sleep(1);
    await rmdir(`${path}.inside`).catch(() => say('clash'));
    await nvm.close();
    round++;
  }
  say('done');
}

switch (verb) {
  case 'commit':
    await commitForever();
    break;
  case 'hold': {
    const nvm = await openFileNvm(path);
    say('open');
    await sleep(600_000);
    // Held until here, so that its file is not closed by garbage collection.
    await nvm.close();
    break;
  }
  case 'contend':
    await contend();
    break;
  case 'create':
    await openFileNvm(path, { create: Number(argument) }).then(
      () => say('created'),
      (error: SokkinError) => say(`${error.code}: ${error.message}`),
    );
    break;
}
