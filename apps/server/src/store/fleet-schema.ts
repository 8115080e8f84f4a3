/** The tables of 0016_fleet.sql, as Kysely sees them. */
import type { Activation, OrderItemState, PurseAssurance } from '@sokkin/issuer';
import type { Generated, GeneratedAlways } from 'kysely';

/** Columns of purses, those of 0031_pin_reset.sql among them. */
export interface PurseLife {
  held: Generated<boolean>;
  retired_at: Date | null;
  replaces: string | null;
  replaced_by: string | null;
  pin_reset_at: Date | null;
  pin_reset_by: string | null;
  pin_reset_grant: bigint | null;
  pin_reset_given_at: Date | null;
}

export interface FleetTables {
  block_changes: { purse: string };
  block_list_members: { purse: string; added_in: bigint; removed_in: bigint | null };
  block_list_head: { one: Generated<boolean>; number: bigint };
  revoked_issuers: { issuer: string; proposal: string; at: Date };
  card_orders: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    profile: string;
    assurance: PurseAssurance;
    activation: Activation;
    created_by: string;
    created_at: Date;
  };
  card_order_items: {
    order_id: string;
    item: number;
    account: string;
    tier: number;
    replaces: string | null;
    state: Generated<OrderItemState>;
    serial: string | null;
    purse: string | null;
    says: string | null;
    changed_at: Date;
  };
}
