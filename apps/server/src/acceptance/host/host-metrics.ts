/** The numbers of the host that Prometheus collects. What must hold: labels have few values, all of them ours. */
import type { MtiClass } from '@sokkin/codec';
import type { AcceptanceOutcome } from '@sokkin/issuer';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export type ClosedBy = 'peer' | 'unreadable' | 'idle' | 'stalled' | 'link' | 'stop';

export interface HostMetrics {
  answered(what: MtiClass, outcome: AcceptanceOutcome | 'network', seconds: number): void;
  ignored(): void;
  closed(by: ClosedBy): void;
  notHandedOver(): void;
}

export interface HostFigures {
  connections(): number;
  inFlight(): number;
  owed(): number;
}

export function hostMetrics(registry: Registry, figures: HostFigures): HostMetrics {
  const registers = [registry];
  const answers = new Histogram({
    name: 'sokkin_iso_answer_seconds',
    help: 'From the last octet of a message of an acquirer to its answer',
    labelNames: ['class', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `sokkin_iso_${name}_total`, help, labelNames, registers });
  const ignored = counter('ignored', 'Messages that get no answer: responses and notifications');
  const closed = counter('closed', 'Connections that ended, by why', 'by');
  const lost = counter('lost_answers', 'Answers whose connection was gone');
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `sokkin_iso_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('connections', 'Connections of acquirers', () => figures.connections());
  gauge('in_flight', 'Messages that are being decided on', () => figures.inFlight());
  gauge('owed', 'Messages that wait on disk for the ledger', () => figures.owed());
  return {
    answered: (className, outcome, seconds) => answers.observe({ class: className, outcome }, seconds),
    ignored: () => ignored.inc(),
    closed: (by) => closed.inc({ by }),
    notHandedOver: () => lost.inc(),
  };
}
