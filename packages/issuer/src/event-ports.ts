/**
 * What the back-end remembers of what happened, and of whom it tells.
 *
 * What must hold of an implementation, beside what ports.ts says: an event is there exactly if what it tells of is; each
 * event becomes one delivery for each webhook that wants it; of two dispatchers one takes a delivery, and what was taken
 * and not settled comes back.
 */
import type { Bytes } from '@sokkin/codec';
import type { OwnedPage } from './access-ports.ts';

export interface EventRow {
  readonly id: string;
  readonly institution: string;
  readonly type: string;
  /** The id of what it happened to. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

export interface EventRows {
  /** All in one statement. `told`: their deliveries are made by whoever adds them. */
  add(events: readonly EventRow[], told?: 'told'): Promise<void>;
  /** Which of these institutions have somebody told of such events, now or once it is resumed. */
  hearers(type: string, institutions: readonly string[]): Promise<string[]>;
  byId(id: string): Promise<EventRow | undefined>;
  /** Newest first. */
  list(page: OwnedPage & { readonly type?: string | undefined }): Promise<EventRow[]>;
  /** Makes the deliveries of the oldest events that have none yet; how many events it were. */
  fanOut(limit: number, now: Date): Promise<number>;
}

export interface WebhookRow {
  readonly id: string;
  readonly institution: string;
  readonly url: string;
  /** Empty: all. */
  readonly types: readonly string[];
  /** Sealed. */
  readonly secret: Bytes;
  readonly oldSecret: Bytes | undefined;
  readonly oldSecretUntil: Date | undefined;
  readonly status: 'active' | 'disabled' | 'deleted';
  /** Since when every delivery has failed; undefined: the last one did not. */
  readonly failingSince: Date | undefined;
  readonly createdAt: Date;
}

export type SealedSecrets = Pick<WebhookRow, 'secret' | 'oldSecret'>;

export interface WebhookRows {
  add(row: Pick<WebhookRow, 'id' | 'institution' | 'url' | 'types' | 'secret'>, at: Date): Promise<void>;
  byId(id: string): Promise<WebhookRow | undefined>;
  /** Without those that were deleted. */
  list(page: OwnedPage): Promise<WebhookRow[]>;
  count(institution: string): Promise<number>;
  setStatus(id: string, status: WebhookRow['status']): Promise<void>;
  /** The secret it has becomes the old one, until then. */
  setSecret(id: string, secret: Bytes, oldUntil: Date): Promise<void>;
  /** Those with a secret that does not begin so, without those that were deleted. */
  sealedOtherwise(head: Bytes, limit: number): Promise<WebhookRow[]>;
  /** Unless its secrets are others by now. */
  sealAnew(row: SealedSecrets & { readonly id: string }, anew: SealedSecrets): Promise<void>;
  setFailingSince(id: string, since: Date | undefined): Promise<void>;
}

export interface DeliveryRow {
  readonly id: string;
  readonly event: string;
  readonly eventType: string;
  readonly webhook: string;
  readonly status: 'waiting' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly nextAt: Date;
  readonly lastAt: Date | undefined;
  readonly lastStatus: number | undefined;
  readonly lastSays: string | undefined;
  readonly createdAt: Date;
}

/** A delivery that this process has taken. */
export interface TakenDelivery {
  readonly id: string;
  /** This one included. */
  readonly attempts: number;
  readonly webhook: WebhookRow;
  readonly event: EventRow;
}

export interface DeliveryOutcome {
  readonly status: DeliveryRow['status'];
  readonly nextAt: Date;
  readonly at: Date;
  readonly httpStatus: number | undefined;
  readonly says: string;
}

export interface DeliveryRows {
  add(row: Pick<DeliveryRow, 'id' | 'event' | 'webhook'>, at: Date): Promise<void>;
  byId(id: string): Promise<DeliveryRow | undefined>;
  /** Of one webhook, newest first. */
  list(webhook: string, page: OwnedPage): Promise<DeliveryRow[]>;
  /** Those that are due, oldest first; nobody else gets them until `leaseUntil`. */
  take(limit: number, now: Date, leaseUntil: Date): Promise<TakenDelivery[]>;
  /** What waits, and was written by a clock that was ahead (tried or made after `written`, or due after `due`), is due `now`. */
  recall(ahead: { readonly written: Date; readonly due: Date }, now: Date): Promise<void>;
  settle(id: string, outcome: DeliveryOutcome): Promise<void>;
  /** Due again from `at` on, as if it had never been tried. */
  retry(id: string, at: Date): Promise<void>;
  /** Sends what happened since, and what the webhook wants, once more; how many. */
  replay(webhook: string, since: Date, now: Date, most: number): Promise<number>;
}
