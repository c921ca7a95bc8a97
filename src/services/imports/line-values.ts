import { z } from 'zod';
import { isStorable } from '../text.js';

/** A text of the import format, perhaps an empty one. */
export const storable = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine(isStorable, 'must not contain NUL or a lone surrogate');

/** A text that says something. */
export const text = (max: number) => storable(max).refine((value) => value.trim() !== '', 'must not be empty');

/** What may be left out, or null. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

/** When something was. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2024-01-31T12:00:00Z, with its time zone' })
  .transform((value) => new Date(value))
  .refine((value) => value.getTime() >= 0, 'must not be before 1970');
