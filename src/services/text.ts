import { invalid, type FieldFault } from './errors.js';

/** The longest message or note, in characters. */
export const MAX_TEXT = 50_000;
/** The longest comment, summary or name. */
export const MAX_REMARK = 2_000;
/** The longest reason. */
export const MAX_REASON = 500;
/** The longest external id, address or key. */
export const MAX_EXTERNAL_ID = 255;

/** A text that PostgreSQL and the record can both hold: no NUL, no lone surrogate. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** Collects everything that is wrong with an input, so that a caller hears all of it at once. */
export class Faults {
  readonly #faults: FieldFault[] = [];

  add(path: string, message: string): void {
    this.#faults.push({ path, message });
  }

  /** A text that must be there and say something. */
  text(path: string, value: string | null | undefined, max: number): void {
    if (value === null || value === undefined || value.trim() === '') this.add(path, 'must not be empty');
    else this.optionalText(path, value, max);
  }

  optionalText(path: string, value: string | null | undefined, max: number): void {
    if (value === null || value === undefined) return;
    if (value.length > max) this.add(path, `must have at most ${max} characters`);
    if (!isStorable(value)) this.add(path, 'must not contain NUL or a lone surrogate');
  }

  /** @throws AppError VALIDATION_FAILED when anything was wrong. */
  refuse(): void {
    if (this.#faults.length > 0) throw invalid(...this.#faults);
  }
}

/** An input whose caller may say why, for the record. */
export interface WithReason {
  reason?: string | null | undefined;
}

/** Checks an input of which only the reason can be wrong. @throws AppError VALIDATION_FAILED */
export function checkReason({ reason }: WithReason, path = 'reason'): void {
  const faults = new Faults();
  faults.optionalText(path, reason, MAX_REASON);
  faults.refuse();
}
