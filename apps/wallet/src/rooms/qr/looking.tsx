/**
 * The camera, and what it has read so far. What must hold: it is off as soon as this leaves the screen; what it cannot do is said with what to do about it.
 */
import { SokkinError } from '@sokkin/codec';
import { FilmReader, parseShown, type ShownMessage } from '@sokkin/terminal';
import { Banner, Button, catalogue, IconButton, keep, kept, useTexts } from '@sokkin/ui';
import { closeCamera, type Facing, openCamera, readCodes } from '@sokkin/web/camera';
import { SwitchCamera } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import './qr.css';

const TEXTS = catalogue(
  {
    picture: 'What the camera sees',
    other: 'Use the other camera',
    aim: "Hold the camera over the other's code, so that it fills half of the picture.",
    seen: (have: number, of: number) => `Reading: ${have} of ${of}. Keep it there.`,
    strange: 'That code is of something else.',
    camera_refused: 'The camera is not allowed',
    camera_refused_why: 'Allow it for this page in the settings of the browser, then try again.',
    camera_missing: 'No camera was found',
    camera_missing_why: 'Hold the phones to each other, or use a device with a camera.',
    camera_failed: 'The camera does not start',
    camera_failed_why: 'Another app may be using it. Close that one, then try again.',
    again: 'Try again',
  },
  {
    picture: 'カメラの映像',
    other: 'もう一方のカメラを使う',
    aim: '相手のコードが画面の半分ほどになるように、カメラを向けてください。',
    seen: (have: number, of: number) => `読み取り中：${of}つのうち${have}つ。そのままにしてください。`,
    strange: 'これは別のもののコードです。',
    camera_refused: 'カメラが許可されていません',
    camera_refused_why: 'ブラウザの設定でこのページにカメラを許可してから、もう一度試してください。',
    camera_missing: 'カメラが見つかりません',
    camera_missing_why: 'スマホ同士をかざすか、カメラのある端末を使ってください。',
    camera_failed: 'カメラを起動できません',
    camera_failed_why: '別のアプリが使っているかもしれません。閉じてから、もう一度試してください。',
    again: 'もう一度',
  },
);
const FACING = 'sokkin.wallet.camera';

type Fault = 'camera_refused' | 'camera_missing' | 'camera_failed';
const faultOf = (error: unknown): Fault => {
  const code = error instanceof SokkinError ? error.code : '';
  return code === 'camera_refused' || code === 'camera_missing' ? code : 'camera_failed';
};

export interface LookingProps {
  readonly onMessage: (message: ShownMessage) => void;
  /** Beside a code that is shown. */
  readonly small?: boolean;
}

interface Parts {
  readonly have: number;
  readonly of: number;
}

export function Looking({ onMessage, small = false }: LookingProps) {
  const t = useTexts(TEXTS);
  const [facing, setFacing] = useState<Facing>(() => (kept(FACING) === 'user' ? 'user' : 'environment'));
  const [fault, setFault] = useState<Fault>();
  const [parts, setParts] = useState<Parts>();
  const [isStrange, setStrange] = useState(false);
  const picture = useRef<HTMLVideoElement>(null);
  const hear = useEffectEvent((message: ShownMessage) => onMessage(message));
  useEffect(() => {
    const video = picture.current;
    if (video === null || fault !== undefined) return;
    const reader = new FilmReader();
    return watch(video, facing, setFault, (text) => {
      const seen = reader.see(text);
      if (seen.status === 'part') setParts(seen);
      if (seen.status !== 'whole') return;
      setParts(undefined);
      const message = readShown(seen.message);
      setStrange(message === undefined);
      if (message !== undefined) hear(message);
    });
  }, [facing, fault]);
  const turn = () => {
    const other = facing === 'user' ? 'environment' : 'user';
    keep(FACING, other);
    setFacing(other);
  };
  if (fault !== undefined)
    return (
      <Banner
        mood="bad"
        title={t[fault]}
        action={<Button onPress={() => setFault(undefined)}>{t.again}</Button>}
      >
        <p>{t[`${fault}_why`]}</p>
      </Banner>
    );
  return (
    <div className="w-camera" data-size={small ? 'small' : 'large'}>
      <div className="w-camera-picture" data-facing={facing}>
        <video ref={picture} aria-label={t.picture} muted playsInline autoPlay />
        <IconButton icon={SwitchCamera} name={t.other} onPress={turn} />
      </div>
      <div className="w-parts" aria-hidden>
        {Array.from({ length: parts?.of ?? 0 }, (_none, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is nothing but its number
          <span key={n} data-seen={n < (parts?.have ?? 0) || undefined} />
        ))}
      </div>
      <p role="status" className="sk-soft">
        {parts !== undefined ? t.seen(parts.have, parts.of) : isStrange ? t.strange : t.aim}
      </p>
    </div>
  );
}

function readShown(message: Uint8Array): ShownMessage | undefined {
  try {
    return parseShown(message);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** Answers how to end it, at any moment. */
function watch(
  video: HTMLVideoElement,
  facing: Facing,
  onFault: (fault: Fault) => void,
  onText: (text: string) => void,
): () => void {
  let isOn = true;
  let stop: () => void = () => undefined;
  openCamera(facing).then(
    (stream) => {
      if (!isOn) return closeCamera(stream);
      video.srcObject = stream;
      const stopReading = readCodes(video, onText);
      stop = () => {
        stopReading();
        closeCamera(stream);
        video.srcObject = null;
      };
    },
    (error) => {
      if (isOn) onFault(faultOf(error));
    },
  );
  return () => {
    isOn = false;
    stop();
  };
}
