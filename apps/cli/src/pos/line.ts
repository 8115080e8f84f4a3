/**
 * The terminal's line to its acquirer.
 *
 * What must hold: whatever goes wrong on the way is no answer, and never an exception: what then has to be done is the till's.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { type IsoMessage, type IsoProfile, SokkinError } from '@sokkin/codec';
import { IsoLink } from '@sokkin/node';
import { macKeyOf, type PosSettings } from './settings.ts';

export interface PosLine {
  /** Whether the acquirer can be reached now; why not, in `trouble`. */
  reach(): Promise<boolean>;
  ask(message: IsoMessage): Promise<IsoMessage | undefined>;
  /** What went wrong last. */
  readonly trouble: string | undefined;
  close(): void;
}

export async function openLine(settings: PosSettings, profile: IsoProfile): Promise<PosLine> {
  const { host, port, timeoutMs, signOn } = settings;
  const link = new IsoLink({
    ...{ host, port, profile, timeoutMs, signOn },
    mac: macKeyOf(settings),
    tls: await tlsOf(settings),
  });
  let trouble: string | undefined;
  const failed = (error: unknown): void => {
    if (!(error instanceof SokkinError)) throw error;
    const { cause } = error;
    const more = cause instanceof Error && !error.message.includes(cause.message) ? ` ${cause.message}` : '';
    trouble = `${error.message}${more}`;
  };
  return {
    get trouble() {
      return trouble;
    },
    async reach() {
      try {
        await link.connect();
        return true;
      } catch (error) {
        failed(error);
        return false;
      }
    },
    async ask(message) {
      try {
        return await link.request(message, { repeats: 0 });
      } catch (error) {
        failed(error);
        return undefined;
      }
    },
    close: () => link.close(),
  };
}

async function tlsOf({ tls, host }: PosSettings): Promise<ConnectionOptions | undefined> {
  if (tls === undefined) return undefined;
  const file = async (path: string | undefined) => (path === undefined ? undefined : readFile(resolve(path)));
  const [ca, cert, key] = await Promise.all([file(tls.ca), file(tls.cert), file(tls.key)]);
  const name = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    // A name for the other end to choose its certificate by; an address is none (RFC 6066, 3), and is held against the certificate all the same.
    ...(name === undefined ? {} : { servername: name }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}
