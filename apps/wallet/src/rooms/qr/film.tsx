/**
 * A message as codes that follow each other. What must hold: it moves, whatever is chosen about motion: a film that stands still says nothing.
 */
import type { Bytes } from '@sokkin/codec';
import { filmOf } from '@sokkin/terminal';
import { QrCode } from '@sokkin/ui';
import { useEffect, useMemo, useState } from 'react';

/** Eight codes a second: each is seen by at least two pictures of a camera that takes 24. */
const FRAME_MS = 125;

export interface FilmProps {
  readonly message: Bytes;
  readonly name: string;
}

export function Film({ message, name }: FilmProps) {
  const film = useMemo(() => filmOf(message), [message]);
  const [n, setN] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setN((now) => now + 1), FRAME_MS);
    return () => clearInterval(timer);
  }, []);
  return <QrCode text={film.frame(n)} name={name} />;
}
