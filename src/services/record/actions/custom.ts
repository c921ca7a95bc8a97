import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** An action that an integrator names. */
export type CustomAction = `custom.${string}.${string}`;

/** A namespace, then what happened: both in lower snake case, 64 characters each at most. */
const CUSTOM = /^custom\.[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}$/;

/** Whether this can be the name of an integrator's action. */
export const isCustomAction = (name: string): name is CustomAction => CUSTOM.test(name);

/** What integrators record, whatever they call it. */
export const customAction = {
  category: 'CUSTOM',
  severity: 'INFO',
  description: 'Something that happened in another system, recorded by an integrator.',
  sentence: '{actor} recorded {event} ({namespace}) on {target}{text, select, none {} other {: {text}}}' + reasonTail,
  payload: { metadata: 'any', remarks: ['text'], reason: true },
} as const satisfies ActionDefinition;

/** The names in a custom action as they stand in its sentence. */
export function customNames(name: string): Record<string, string> {
  const [, namespace = '', event = ''] = name.split('.');
  return { namespace, event: event.replaceAll('_', ' ') };
}
