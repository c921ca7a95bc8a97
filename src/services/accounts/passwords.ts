import { hash, verify } from '@node-rs/argon2';
import { Faults } from '../text.js';

/** argon2id, the library's default algorithm, about 50 ms: memory in KiB, passes, lanes. */
const OPTIONS = { memoryCost: 47_104, timeCost: 1, parallelism: 1 };
const AT_ONCE = 4;
export const PASSWORD_LENGTH = { min: 10, max: 128 };

/** Refuses a password that nobody can have. */
export function checkPassword(faults: Faults, password: string): void {
  const { length } = [...password];
  if (length >= PASSWORD_LENGTH.min && length <= PASSWORD_LENGTH.max) return;
  faults.add('password', `must have ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters`);
}

/** Hashes and checks passwords, a few at a time: each takes 46 MB and a core. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Checked in place of the hash of an account that does not exist, so that both take as long. */
  #dummy: Promise<string> | undefined;

  /** @throws AppError VALIDATION_FAILED outside 10 to 128 characters. */
  async hash(password: string): Promise<string> {
    const faults = new Faults();
    checkPassword(faults, password);
    faults.refuse();
    return this.#inTurn(() => hash(password, OPTIONS));
  }

  /** Whether the password is the account's; takes the same time for `null`, an account that does not exist. */
  async matches(password: string, known: string | null): Promise<boolean> {
    const subject = known ?? (await (this.#dummy ??= hash('no such account', OPTIONS)));
    if ([...password].length > PASSWORD_LENGTH.max) return false;
    const matched = await this.#inTurn(() => verify(subject, password));
    return matched && known !== null;
  }

  /** Whether a stored hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.includes(`$argon2id$v=19$m=${OPTIONS.memoryCost},t=${OPTIONS.timeCost},p=${OPTIONS.parallelism}$`);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
