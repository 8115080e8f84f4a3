/** Something for another phone: as a code for its camera, and as a link for whatever carries text. */
import { Button, catalogue, QrCode, useTexts } from '@sokkin/ui';
import { Check, Copy, Share2 } from 'lucide-react';
import { useState } from 'react';

const TEXTS = catalogue(
  { copy: 'Copy link', copied: 'Copied', share: 'Share' },
  { copy: 'リンクをコピー', copied: 'コピーしました', share: '共有' },
);

export interface ShareProps {
  readonly link: string;
  /** What the code is for. */
  readonly name: string;
}

export function Share({ link, name }: ShareProps) {
  const t = useTexts(TEXTS);
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <div className="w-share">
      <QrCode text={link} name={name} />
      {/* For those whose browser lets no page copy. */}
      <p className="w-link sk-soft">{link}</p>
      <div className="w-two">
        <Button wide icon={isCopied ? Check : Copy} onPress={() => void copy()}>
          {isCopied ? t.copied : t.copy}
        </Button>
        <Button wide icon={Share2} disabled={!('share' in navigator)} onPress={() => void send(name, link)}>
          {t.share}
        </Button>
      </div>
    </div>
  );
}

/** Whoever changes their mind has shared nothing. */
const send = (title: string, url: string): Promise<void> =>
  navigator.share({ title, url }).catch(() => undefined);
