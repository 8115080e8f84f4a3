/** Whose turn it is with a purse: one after the other, and before whoever gives way. */
import { expect, test } from 'vitest';
import { inTurns } from '../src/purse/own.ts';

const bytes = (n: number) => Uint8Array.of(n);
const gate = () => {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
};
const echo = () => {
  const heard: number[] = [];
  return {
    heard,
    purse: inTurns({
      extended: true,
      transmit: async (command) => {
        heard.push(command[0] ?? 0);
        return command;
      },
    }),
  };
};

test('one has it alone until it is done', async () => {
  const { purse, heard } = echo();
  const wait = gate();
  const first = purse.use(async (t) => {
    await t.transmit(bytes(1));
    await wait.passed;
    await t.transmit(bytes(2));
  });
  const second = purse.use((t) => t.transmit(bytes(3)));
  wait.open();
  await Promise.all([first, second]);
  expect(heard).toEqual([1, 2, 3]);
});

test('who gives way loses it to the next, between two commands, and hears so', async () => {
  const { purse, heard } = echo();
  const [begun, wait] = [gate(), gate()];
  const sync = purse.use(
    async (t) => {
      await t.transmit(bytes(1));
      begun.open();
      await wait.passed;
      return t.transmit(bytes(2));
    },
    { givesWay: true },
  );
  const lost = expect(sync).rejects.toMatchObject({ code: 'purse_taken' });
  await begun.passed;
  await purse.use((t) => t.transmit(bytes(3)));
  wait.open();
  await lost;
  expect(heard).toEqual([1, 3]);
});

test('a command that is on its way is answered before the next one has the purse', async () => {
  const wait = gate();
  const heard: string[] = [];
  const purse = inTurns({
    extended: true,
    async transmit(command) {
      heard.push(`${command[0]} in`);
      if (command[0] === 1) await wait.passed;
      heard.push(`${command[0]} out`);
      return command;
    },
  });
  const sync = purse.use((t) => t.transmit(bytes(1)), { givesWay: true });
  await Promise.resolve();
  const tap = purse.use((t) => t.transmit(bytes(2)));
  wait.open();
  expect(await sync).toEqual(bytes(1));
  await tap;
  expect(heard).toEqual(['1 in', '1 out', '2 in', '2 out']);
});

test('those who give way wait for each other', async () => {
  const { purse, heard } = echo();
  const manners = { givesWay: true };
  await Promise.all([1, 2].map((n) => purse.use((t) => t.transmit(bytes(n)), manners)));
  expect(heard).toEqual([1, 2]);
});
