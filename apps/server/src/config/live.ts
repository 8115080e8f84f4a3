/**
 * What a live back-end refuses to start with, though a sandbox may.
 *
 * What must hold: in live mode no token and no key passes in the clear, and no secret was made up by the program.
 */
import type { Config } from './table.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

type Checked = Pick<
  Config,
  'mode' | 'publicUrl' | 'host' | 'trustProxy' | 'metrics' | 'keys' | 'keyPassphrase' | 'keyPassphraseFile'
>;

export function liveRefusals(config: Checked): string[] {
  if (config.mode !== 'live') return [];
  const wrong: string[] = [];
  if (config.publicUrl === undefined)
    wrong.push('SOKKIN_PUBLIC_URL is missing: in live mode, say the https address that clients use.');
  else if (!config.publicUrl.startsWith('https:'))
    wrong.push(
      'SOKKIN_PUBLIC_URL must begin with https: in live mode, because tokens must not pass in the clear.',
    );
  if (!LOOPBACK.has(config.host) && config.trustProxy === undefined)
    wrong.push(
      'SOKKIN_TRUST_PROXY is missing: this server speaks plain HTTP, so in live mode it listens beyond this machine (HOST) only behind a proxy that is named.',
    );
  if (config.metrics === 'open')
    wrong.push('SOKKIN_METRICS must not be open in live mode: use scope, with a token.');
  const hasPassphrase = config.keyPassphrase !== undefined || config.keyPassphraseFile !== undefined;
  if (config.keys === 'file' && !hasPassphrase)
    wrong.push(
      'SOKKIN_KEY_PASSPHRASE_FILE is missing: in live mode the passphrase of the keys comes from you.',
    );
  return wrong;
}
