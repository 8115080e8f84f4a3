/** What a cashier sees of the till at any moment: the network, what is not sent yet, who is signed in. */
import { catalogue, IconButton, Sheet, useTexts } from '@sokkin/ui';
import { CloudOff, CloudUpload, LockKeyhole, Wifi } from 'lucide-react';
import { useState } from 'react';
import { Queue } from './queue.tsx';
import { useNow, useShop } from './shop-context.tsx';

const TEXTS = catalogue(
  {
    online: 'Online',
    offline: 'Offline',
    unsent: (n: number) => `${n} not sent yet`,
    queue: 'Not sent yet',
    lock: (name: string) => `Signed in: ${name}. Sign out`,
  },
  {
    online: 'オンライン',
    offline: 'オフライン',
    unsent: (n: number) => `未送信 ${n}件`,
    queue: '未送信',
    lock: (name: string) => `${name}がサインイン中。サインアウトする`,
  },
);

export function Status() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { network, queue, by } = useNow();
  const [isOpen, setOpen] = useState(false);
  const isOnline = network === 'online';
  const Net = isOnline ? Wifi : CloudOff;
  return (
    <div className="t-status">
      {queue.count > 0 && (
        <button
          type="button"
          className="t-unsent"
          aria-label={t.unsent(queue.count)}
          title={t.unsent(queue.count)}
          onClick={() => setOpen(true)}
        >
          <CloudUpload aria-hidden size={18} />
          <span className="sk-number">{queue.count}</span>
        </button>
      )}
      <span className="sk-badge" data-mood={isOnline ? 'plain' : 'wait'} role="status">
        <Net aria-hidden size={15} />
        <span className={isOnline ? 't-net-word' : undefined}>{isOnline ? t.online : t.offline}</span>
      </span>
      {by !== undefined && (
        <IconButton icon={LockKeyhole} name={t.lock(by.name)} onPress={() => shop.signOut()} />
      )}
      <Sheet title={t.queue} open={isOpen} onClose={() => setOpen(false)}>
        <Queue />
      </Sheet>
    </div>
  );
}
