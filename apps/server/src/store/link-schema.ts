/** The table of the acquirers' links. INT8 is bigint, bytea is Uint8Array. */
import type { Bytes } from '@sokkin/codec';
import type { AcquirerLink, AcquirerLinkKey } from '@sokkin/issuer';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/** Amounts are decimal digits. */
export interface StoredLinkSettings {
  readonly signOn: boolean;
  readonly mostInFlight: number;
  readonly timeoutMs: number;
  readonly idleSeconds: number;
  readonly lostAnswers: 'keep' | 'reverse';
  readonly standIn?: {
    readonly each: string;
    readonly perCard: { readonly count: number; readonly amount: string };
    readonly inAll: { readonly count: number; readonly amount: string };
  };
}

export interface LinkTables {
  acquirer_links: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    name: string;
    profile: JSONColumnType<object, string, string>;
    mac_algorithm: AcquirerLinkKey['algorithm'] | null;
    mac_key: Bytes | null;
    mac_generation: Generated<number>;
    port: number | null;
    certificate: Bytes | null;
    over_https: Generated<boolean>;
    settings: JSONColumnType<StoredLinkSettings, string, string>;
    status: Generated<AcquirerLink['status']>;
    created_at: Date;
    closed_at: Date | null;
  };
}
