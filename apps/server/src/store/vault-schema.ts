/** The tables of 0021_vault.sql, as Kysely sees them. */
import type { Bytes } from '@sokkin/codec';
import type { LinkStatus, TokenLife, TokenParty } from '@sokkin/issuer';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';

type Json = JSONColumnType<object, string, string>;

export interface VaultTables {
  token_requestors: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    name: string;
    status: Generated<'active' | 'closed'>;
    created_at: Date;
  };
  links: {
    id: string;
    number: GeneratedAlways<bigint>;
    account: string;
    reference: string;
    status: LinkStatus;
    pan_sealed: Bytes | null;
    pan_sealed_by: string | null;
    pan_index_key: string | null;
    pan_index: Bytes | null;
    pan_last4: string | null;
    pan_expiry: string | null;
    version: number;
    created_at: Date;
  };
  tokens: {
    number: string;
    id: string;
    place: GeneratedAlways<bigint>;
    link: string;
    account: string;
    requestor: string;
    stage: TokenLife['stage'];
    suspended_by: TokenParty[];
    domain: Json;
    used_total: bigint;
    used_count: number;
    assurance: number;
    version: number;
    created_at: Date;
  };
  emv_ranges: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    name: string;
    prefix: string;
    digits: number;
    versions: Json;
    rules: Json | null;
    created_at: Date;
  };
  emv_master_keys: {
    range: string;
    key_index: number;
    cipher: 'tdes' | 'aes';
    state: 'incomplete' | 'active' | 'withdrawn';
    check_values: string[];
    component: Bytes | null;
    component_by: string | null;
    keys: string[];
    created_at: Date;
    changed_at: Date;
  };
}
