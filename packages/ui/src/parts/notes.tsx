/** Small things that say how something stands. What must hold: colour never says it alone. */
import {
  CircleAlert,
  CircleCheck,
  Clock,
  CloudOff,
  Info,
  type LucideIcon,
  TriangleAlert,
  Wifi,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';

export type Mood = 'good' | 'wait' | 'bad' | 'plain';
const ICON: Readonly<Record<Mood, LucideIcon>> = {
  good: CircleCheck,
  wait: Clock,
  bad: CircleAlert,
  plain: Info,
};

export function Badge({ mood = 'plain', children }: { readonly mood?: Mood; readonly children: ReactNode }) {
  const Icon = ICON[mood];
  return (
    <span className="sk-badge" data-mood={mood}>
      <Icon aria-hidden size={15} />
      {children}
    </span>
  );
}

export interface BannerProps {
  readonly mood?: Mood;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function Banner({ mood = 'plain', title, children, action }: BannerProps) {
  const Icon = mood === 'wait' ? TriangleAlert : ICON[mood];
  return (
    <section className="sk-banner" data-mood={mood} role={mood === 'bad' ? 'alert' : 'status'}>
      <Icon aria-hidden size={22} />
      <div>
        <p className="sk-strong">{title}</p>
        {children}
      </div>
      {action}
    </section>
  );
}

const TEXTS = catalogue(
  { online: 'Online', offline: 'Offline' },
  { online: 'オンライン', offline: 'オフライン' },
);

export function NetworkBadge({ online }: { readonly online: boolean }) {
  const texts = useTexts(TEXTS);
  const Icon = online ? Wifi : CloudOff;
  return (
    <span className="sk-badge" data-mood={online ? 'plain' : 'wait'} role="status">
      <Icon aria-hidden size={15} />
      {online ? texts.online : texts.offline}
    </span>
  );
}

export function EmptyState({
  icon: Icon,
  title,
  children,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <section className="sk-empty">
      <Icon aria-hidden size={44} strokeWidth={1.5} />
      <p className="sk-strong">{title}</p>
      {children !== undefined && <div className="sk-soft">{children}</div>}
    </section>
  );
}
