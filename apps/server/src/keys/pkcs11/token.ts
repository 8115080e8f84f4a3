/**
 * One token of an HSM over PKCS#11 2.40: its session, which is opened again when it was lost.
 *
 * What must hold: a wrong PIN is tried once and never again, because tokens count; what fails because the token is away
 * fails with `keys_unavailable`, and the next call tries anew; nothing but the session's user logs in.
 */
import { SokkinError } from '@sokkin/codec';
import type * as Pkcs11 from 'pkcs11js';
import type { TokenConfig } from './protocol.ts';

export type Handle = Pkcs11.Handle;

/** What says that session or token are gone, and that a new session may help. */
const LOST = new Set([
  0x30, // CKR_DEVICE_ERROR
  0x32, // CKR_DEVICE_REMOVED
  0x60, // CKR_KEY_HANDLE_INVALID
  0x82, // CKR_OBJECT_HANDLE_INVALID
  0xb0, // CKR_SESSION_CLOSED
  0xb3, // CKR_SESSION_HANDLE_INVALID
  0xe0, // CKR_TOKEN_NOT_PRESENT
  0x101, // CKR_USER_NOT_LOGGED_IN
  0x190, // CKR_CRYPTOKI_NOT_INITIALIZED
  0x05, // CKR_GENERAL_ERROR
]);
const CKR = {
  pinIncorrect: 0xa0,
  pinLocked: 0xa4,
  alreadyLoggedIn: 0x100,
  alreadyInitialized: 0x191,
} as const;

export const rvOf = (error: unknown): number | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;

export const unavailable = (what: string, cause: unknown): SokkinError => {
  const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  return new SokkinError('keys_unavailable', `${what} (${why}).`, { cause });
};

export class Token {
  readonly pkcs11: typeof Pkcs11;
  readonly #config: TokenConfig;
  #module: Pkcs11.PKCS11 | undefined;
  #session: Handle | undefined;
  #refused: SokkinError | undefined;
  #hasLooked = false;

  constructor(pkcs11: typeof Pkcs11, config: TokenConfig) {
    this.pkcs11 = pkcs11;
    this.#config = config;
  }

  /**
   * Runs `work` in a session that is logged in. If the session was lost it runs once more in a new one; and if that is lost
   * too, in one of a library that was begun anew, as some notice only then that a token is back.
   */
  use<T>(work: (module: Pkcs11.PKCS11, session: Handle) => T): T {
    let last: unknown;
    for (const remedy of [() => undefined, () => this.close(), () => this.#beginAnew()]) {
      try {
        remedy();
        return work(...this.#open());
      } catch (error) {
        if (!isLost(error)) throw error;
        last = error;
      }
    }
    this.close();
    throw unavailable(`The token "${this.#config.token}" does not answer: see that the HSM is there`, last);
  }

  close(): void {
    const [module, session] = [this.#module, this.#session];
    this.#session = undefined;
    if (module === undefined || session === undefined) return;
    try {
      module.C_CloseSession(session);
    } catch {
      // It was lost before.
    }
  }

  #beginAnew(): void {
    this.close();
    try {
      this.#module?.C_Finalize();
    } catch {
      // It was not begun.
    }
  }

  #open(): [Pkcs11.PKCS11, Handle] {
    if (this.#refused !== undefined) throw this.#refused;
    if (this.#module !== undefined && this.#session !== undefined) return [this.#module, this.#session];
    this.#module ??= this.#load();
    const module = this.#module;
    initialize(this.pkcs11, module);
    const slot = this.#slotOf(module);
    const { CKF_RW_SESSION, CKF_SERIAL_SESSION } = this.pkcs11;
    const session = module.C_OpenSession(slot, CKF_RW_SESSION | CKF_SERIAL_SESSION);
    try {
      this.#login(module, session);
    } catch (error) {
      module.C_CloseSession(session);
      throw error;
    }
    [this.#session, this.#hasLooked] = [session, false];
    return [module, session];
  }

  #load(): Pkcs11.PKCS11 {
    const module = new this.pkcs11.PKCS11();
    try {
      module.load(this.#config.module);
    } catch (cause) {
      throw unavailable(`SOKKIN_PKCS11_MODULE: the library ${this.#config.module} cannot be loaded`, cause);
    }
    return module;
  }

  #slotOf(module: Pkcs11.PKCS11): Handle {
    const slot = module
      .C_GetSlotList(true)
      .find((s) => module.C_GetTokenInfo(s).label.trimEnd() === this.#config.token);
    if (slot !== undefined) return slot;
    // Some libraries look for tokens only when they begin.
    if (this.#session === undefined && !this.#hasLooked) {
      this.#hasLooked = true;
      module.C_Finalize();
      initialize(this.pkcs11, module);
      return this.#slotOf(module);
    }
    this.#hasLooked = false;
    throw new SokkinError(
      'keys_unavailable',
      `SOKKIN_PKCS11_TOKEN: the HSM has no token with the label "${this.#config.token}".`,
    );
  }

  #login(module: Pkcs11.PKCS11, session: Handle): void {
    try {
      module.C_Login(session, this.pkcs11.CKU_USER, this.#config.pin);
    } catch (cause) {
      const rv = rvOf(cause);
      if (rv === CKR.alreadyLoggedIn) return;
      if (rv !== CKR.pinIncorrect && rv !== CKR.pinLocked) throw cause;
      const isLocked = rv === CKR.pinLocked;
      this.#refused = new SokkinError(
        isLocked ? 'key_pin_locked' : 'key_pin_wrong',
        isLocked
          ? `The PIN of the token "${this.#config.token}" is locked: its security officer can set a new one.`
          : `SOKKIN_PKCS11_PIN_FILE: the token "${this.#config.token}" does not take this PIN, and was not asked again.`,
        { cause },
      );
      throw this.#refused;
    }
  }
}

/** With locks: two ports of one process are two threads in one library. */
function initialize({ CKF_OS_LOCKING_OK: flags }: typeof Pkcs11, module: Pkcs11.PKCS11): void {
  try {
    module.C_Initialize({ flags });
  } catch (error) {
    // Another port of this process was first.
    if (rvOf(error) !== CKR.alreadyInitialized) throw error;
  }
}

const isLost = (error: unknown): boolean => {
  const rv = rvOf(error);
  return rv !== undefined && LOST.has(rv);
};
