import { z } from 'zod';
import type { JsonValue } from '../../record/canonical.js';
import { stateless } from './condition.js';

const nothing = z.strictObject({});

/** Somebody gives rights to themselves. */
export const selfGrant = stateless<z.infer<typeof nothing>>({
  parameters: nothing,
  holds: ({ event: { row, body } }) =>
    row.actorId !== null && (row.targetId === row.actorId || (body.related ?? []).some(({ id }) => id === row.actorId)),
});

const metadata = z.strictObject({
  key: z.string().min(1).max(64),
  values: z
    .array(z.union([z.string().max(255), z.int(), z.boolean()]))
    .min(1)
    .max(50),
});

/** An event says something particular of itself. */
export const metadataIs = stateless<z.infer<typeof metadata>>({
  parameters: metadata,
  holds: ({ event: { body }, parameters: { key, values } }) => {
    const value = body.metadata?.[key];
    return value !== undefined && (values as JsonValue[]).includes(value);
  },
});

const decrease = z.strictObject({ field: z.string().min(1).max(64).nullable().default(null) });

/** Something is kept for a shorter time than before. */
export const decreased = stateless<z.infer<typeof decrease>>({
  parameters: decrease,
  holds: ({ event: { body }, parameters: { field } }) =>
    (body.changes ?? []).some(
      (change) => (field === null || change.field === field) && isLess(change.after ?? null, change.before ?? null),
    ),
});

/** Without a number there is no limit: nothing is less than any number. */
const isLess = (after: JsonValue, before: JsonValue): boolean =>
  typeof after === 'number' && (before === null || (typeof before === 'number' && after < before));

/** Somebody reads what they have nothing to do with. */
export const viewWithoutConnection = stateless<z.infer<typeof nothing>>({
  parameters: nothing,
  asksForConnection: true,
  holds: ({ event, connected }) =>
    event.row.conversationId !== null && event.row.actorId !== null && connected === false,
});
