/**
 * `sokkin start`: the back-end in this process, and the story if asked for. Stays up until Ctrl-C.
 *
 * What must hold: what stops the start is one clear sentence and exit code 1; Ctrl-C ends what is being worked on,
 * and then everything.
 */
import { SokkinError } from '@sokkin/codec';
import type { Mode, RunningServer } from '@sokkin/server';
import type { HttpApi } from '../api/http-api.ts';
import { ensurePages } from '../flows/pages.ts';
import { type Answer, type Args, type Command, UsageError } from '../io/command.ts';
import { type Context, DEFAULT_PORT } from '../io/context.ts';
import { type Stop, stopSignal } from '../io/stop.ts';
import { goOnByHand, standing } from '../story/standing.ts';
import { tellStory } from '../story/story.ts';

const DEFAULT_ISO_PORT = '8583';

export const startCommand: Command = {
  name: 'start',
  says: 'start the back-end; with --story, play the whole story first',
  flags: {
    story: { says: 'play the story: issue, fund, pay offline, tear, sync, redeem, audit' },
    'no-story': { says: 'serve only' },
    again: { says: 'play the story once more in this data folder, with new cards and phones' },
    exit: { says: 'stop when the story is over' },
    port: { value: 'PORT', says: `where to listen (PORT, ${DEFAULT_PORT})` },
    host: { value: 'HOST', says: 'on which address (HOST, 127.0.0.1)' },
    check: { says: 'say whether the configuration would do, and start nothing' },
  },
  examples: ['sokkin start', 'sokkin start --story', 'PORT=9000 SOKKIN_DATA=/tmp/pilot sokkin start'],
  async run(context, args) {
    if (args.has('check')) return checkConfig(context, args);
    const story = (args.has('story') || args.has('again')) && !args.has('no-story');
    const stop = stopSignal();
    const { style } = context;
    context.say('');
    context.say(`  ${style.bold('Sokkin')}  cards and phones pay each other while nothing is online`);
    context.say('');
    const { server, mode, hasPages } = await serve(context, args);
    try {
      const api = context.api({ url: server.url });
      const over = story ? tell(context, api, args.has('again'), stop) : Promise.resolve();
      await Promise.race([over, stop.asked]);
      if (!stop.isAsked()) await say(context, server, { api, story, mode, hasPages });
      if (!args.has('exit')) await stop.asked;
      await over.catch(() => undefined);
    } finally {
      context.say(style.dim('  Stopping.'));
      await server.close();
    }
    return { json: { url: server.url, stopped: true }, lines: [] };
  },
};

interface Served {
  readonly server: RunningServer;
  readonly mode: Mode;
  readonly hasPages: boolean;
}

async function serve(context: Context, args: Args): Promise<Served> {
  const begun = performance.now();
  // Loaded here: no other command needs the server, and most of a command's time would go into loading it.
  const { forgetSecrets, readConfig, startServer } = await import('@sokkin/server');
  const config = readConfig(environmentOf(context, args));
  const pages = await ensurePages(context);
  forgetSecrets(process.env);
  const server = await startServer({
    ...config,
    pages,
    warm: true,
    log: (line) => context.say(context.style.dim(`  · ${line}`)),
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  context.say(context.style.dim(`  · the back-end is up after ${seconds} s`));
  return { server, mode: config.mode, hasPages: pages !== undefined };
}

/** The environment, with what the flags say instead. A person at a terminal does not read a log line per request. */
function environmentOf(context: Context, args: Args): NodeJS.ProcessEnv {
  const { env } = context;
  return {
    ...env,
    SOKKIN_DATA: context.data,
    PORT: portOf(args) ?? env.PORT,
    HOST: args.maybe('host') ?? env.HOST,
    LOG_LEVEL: env.LOG_LEVEL || 'silent',
    SOKKIN_ISO_PORT: env.SOKKIN_ISO_PORT ?? isoPortOf(env, args),
  };
}

/** Of an ordinary sandbox, for its terminals; who chooses a port for the one chooses one for the other. */
function isoPortOf({ SOKKIN_MODE, PORT }: NodeJS.ProcessEnv, args: Args): string | undefined {
  const isOrdinary = (SOKKIN_MODE || 'sandbox') === 'sandbox' && !PORT && args.maybe('port') === undefined;
  return isOrdinary ? DEFAULT_ISO_PORT : undefined;
}

function portOf(args: Args): string | undefined {
  const text = args.maybe('port');
  if (text !== undefined && (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535))
    throw new UsageError(`The port is a number from 0 to 65535, not "${text}".`);
  return text;
}

/** A story that fails says why, and the back-end stays up to be looked at. */
async function tell(context: Context, api: HttpApi, again: boolean, stop: Stop): Promise<void> {
  try {
    await tellStory(context, api, { again, isAsked: stop.isAsked });
  } catch (error) {
    if (stop.isAsked()) return;
    if (!(error instanceof SokkinError)) throw error;
    context.say(context.style.bad(`  The story stopped: ${error.message}`));
  }
}

async function say(
  context: Context,
  server: RunningServer,
  { api, story, mode, hasPages }: Omit<Served, 'server'> & { readonly api: HttpApi; readonly story: boolean },
): Promise<void> {
  const { style } = context;
  if (!story) for (const line of await standing(context, api)) context.say(line);
  context.say('');
  context.say(`  The back-end serves   ${style.accent(server.url)}`);
  if (hasPages) {
    // Browsers give passkeys to names only, and this one leads to the same address.
    const pages = server.url.replace('//127.0.0.1:', '//localhost:');
    context.say(`  Try it: two phones    ${style.accent(`${pages}/desk/`)}`);
    context.say(`  A wallet by itself    ${style.accent(`${pages}/wallet/`)}`);
  }
  if (server.acceptance !== undefined)
    context.say(`  Shops connect to      ${style.accent(`port ${server.acceptance.port}`)} (ISO 8583)`);
  context.say(`  API documentation     ${style.accent(`${server.url}/docs`)}`);
  context.say(`  Data folder           ${context.data}`);
  // A live back-end takes people and institutions first, whose names and files nobody here knows.
  const next =
    mode === 'live'
      ? ['', '  From here to money in a purse: docs/live.md', '']
      : await goOnByHand(context, server.url);
  for (const line of next) context.say(line);
  context.say(style.dim('  Ctrl-C stops it.'));
  context.say('');
}

export const configCommand: Command = {
  name: 'config',
  says: 'show the configuration that a start would have, without secrets',
  examples: ['sokkin config', 'SOKKIN_MODE=live sokkin config --json'],
  async run(context) {
    const { effectiveSettings, readConfig } = await import('@sokkin/server');
    const env = { ...context.env, SOKKIN_DATA: context.data };
    const settings = effectiveSettings(env, readConfig(env));
    const width = Math.max(...settings.map((s) => s.name.length));
    const lines = settings.map(({ name, value, from }) => {
      const mark = from === 'environment' ? '  (set)' : '';
      return `${name.padEnd(width)}  ${value ?? '-'}${mark}`;
    });
    return { json: { settings: settings.map((s) => ({ ...s, value: s.value ?? null })) }, lines };
  },
};

async function checkConfig(context: Context, args: Args): Promise<Answer> {
  const { readConfig } = await import('@sokkin/server');
  const { mode } = readConfig(environmentOf(context, args));
  return { json: { mode, ok: true }, lines: [`The configuration would do (${mode} mode).`] };
}
