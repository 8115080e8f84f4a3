/** `bridge`: lends the PC/SC readers of this machine to a page (docs/readers.md). */
import { openPcsc, pcscReader } from '@sokkin/pcsc';
import { BRIDGE_PORT, type CardReader } from '@sokkin/terminal';
import { openBridge } from '../bridge/server.ts';
import { type Command, UsageError } from '../io/command.ts';
import { stopSignal } from '../io/stop.ts';

export const bridgeCommand: Command = {
  name: 'bridge',
  says: 'lend the PC/SC readers of this machine to a page in its browser, until Ctrl-C',
  flags: {
    origin: {
      value: 'ORIGIN',
      required: true,
      says: 'which page may ask: its address up to the path; several with commas between',
    },
    port: { value: 'PORT', says: `where the page finds it, on 127.0.0.1 (${BRIDGE_PORT}; 0: any free one)` },
  },
  examples: [
    'sokkin bridge --origin https://shop.example',
    'sokkin bridge --origin http://localhost:5173 --port 0',
  ],
  async run(context, args) {
    const origins = args.text('origin').split(',').map(readOrigin);
    const port = readPort(args.maybe('port'));
    const stop = stopSignal();
    const service = openPcsc();
    const readers = new Map<string, CardReader>();
    try {
      await service.readers();
      const bridge = await openBridge({
        ...{ port, origins },
        readers: {
          list: async () => (await service.readers()).map(({ name, state }) => ({ name, state })),
          reader(name) {
            const reader = readers.get(name) ?? pcscReader(service, name);
            readers.set(name, reader);
            return reader;
          },
        },
        pairing: {
          now: Date.now,
          randomBytes: (length) => context.crypto.randomBytes(length),
          onCode: (code) =>
            context.say(
              code === undefined
                ? 'Too many wrong codes: start the bridge anew to pair a page.'
                : `The code for the page: ${code}`,
            ),
        },
        tell: (line) => context.say(line),
      });
      context.say(
        `The bridge waits at ws://127.0.0.1:${bridge.port} for ${origins.join(', ')}. Ctrl-C ends it.`,
      );
      await stop.asked;
      await bridge.close();
      return { json: { port: bridge.port, origins }, lines: ['The readers are the machine’s own again.'] };
    } finally {
      service.close();
    }
  },
};

/** As a browser writes it (RFC 6454, 6.2): scheme, host and port alone. */
function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.origin !== text.trim().replace(/\/$/, ''))
    throw new UsageError(
      `--origin: "${text}" is no origin. Write it as https://shop.example or http://localhost:5173.`,
    );
  return url.origin;
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? BRIDGE_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError('--port is a number up to 65535.');
  return port;
}
