/** Being asked to stop: Ctrl-C or SIGTERM, heard by whoever has work under way that should come to its end. */
export interface Stop {
  readonly asked: Promise<void>;
  isAsked(): boolean;
}

/** Ctrl-C or SIGTERM, once; a second one ends the program where it stands, which loses nothing either. */
export function stopSignal(): Stop {
  let is = false;
  const asked = new Promise<void>((resolve) => {
    const on = () => {
      if (is) process.exit(130);
      is = true;
      resolve();
    };
    process.on('SIGINT', on);
    process.on('SIGTERM', on);
  });
  return { asked, isAsked: () => is };
}
