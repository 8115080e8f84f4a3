/** `npm start`: the story end to end, once, with its audit line; and what happens on the second start. As it is shipped. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome, type Serving, serve } from './run.ts';

describe('the story', () => {
  let home: Home;
  let serving: Serving;
  beforeAll(async () => {
    home = await makeHome({ shipped: true });
    serving = await serve(home, '--story');
  });
  afterAll(async () => {
    serving.child.kill('SIGKILL');
    await home.dispose();
  });

  it('is told to its end, and accounts for every yen', async () => {
    const text = serving.text();
    expect(text).toContain(
      'issued 100,000 = online 30,000 + offline 60,000 + in flight 0 + redeemed 10,000: holds',
    );
    expect(text).toContain('Card to phone to card: aiko pays ben 3,000');
    expect(text).toContain('Phone to phone in one tap');
    expect(text).toContain('It had been paid in the torn tap. Debited once, credited once.');
    expect(text).toContain('Refused: The phone dan refused: the message is meant for another purse.');
    expect(text).toMatch(/tap 10 +aiko's card on chie +pays 3,000 +2 exchanges +\d+ \+ \d+ bytes +[\d.]+ ms/);
    expect(text).not.toContain('\u001b[');
    const audit = await home.run('audit');
    expect(audit.json).toMatchObject({ holds: true, issued: '100000', online: '30000', redeemed: '10000' });
    expect((await fetch(`${serving.url}/health`)).status).toBe(200);
    expect((await fetch(`${serving.url}/docs`)).status).toBe(200);
  });

  it('says commands that work', async () => {
    const commands = [...serving.text().matchAll(/npm run -s sokkin -- (.*)/g)].map((m) => m[1] ?? '');
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const command of commands) {
      const ran = await home.say(...command.split(' '));
      // One of them tears a card on purpose.
      expect([command, ran.code]).toEqual([command, command.includes('--tear') ? 3 : 0]);
    }
    expect((await home.run('audit')).json).toMatchObject({ holds: true, issued: '100000' });
  });

  it('a second start on the same folder is refused, and says by whom it is used', async () => {
    const second = await home.say('start');
    expect(second.code).toBe(1);
    expect(second.err).toContain('is in use by process');
    expect(second.err).not.toContain('at ');
  });

  it('stops on Ctrl-C; started again, it tells how things stand and issues nothing more', async () => {
    expect(await serving.stop()).toBe(0);
    serving = await serve(home, '--story');
    expect(serving.text()).toContain('The story was played in this data folder before');
    expect((await home.run('audit')).json).toMatchObject({ holds: true, issued: '100000' });
  });

  it('can be played once more, with new cards and phones', async () => {
    expect(await serving.stop()).toBe(0);
    serving = await serve(home, '--story', '--again');
    expect(serving.text()).toContain('aiko2 pays ben2 3,000');
    expect(serving.text()).toContain('issued 200,000 = ');
    expect((await home.run('audit')).json).toMatchObject({ holds: true, issued: '200000' });
  });
});

it('a taken port is one clear sentence', async () => {
  const home = await makeHome();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const ran = await home.say('start', '--port', port);
  taken.close();
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(`Port ${port} is taken`);
  await home.dispose();
});
