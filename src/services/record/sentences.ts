import { IntlMessageFormat } from 'intl-messageformat';
import { findAction } from './actions.js';
import { customAction, customNames } from './actions/custom.js';

const compiled = new Map<string, IntlMessageFormat>();

/** What a sentence is made of: names as they were when it happened. */
export interface SentenceParts {
  actor: string;
  target: string;
  reason: string | null;
  labels: Record<string, string>;
  metadata: Record<string, unknown>;
}

const GONE = '[erased]';

/**
 * One event in plain English: "Bo accepted the handover of conversation #1001". A name that was erased meanwhile reads
 * `[erased]`; an action that this version does not know reads as its name.
 */
export function sentence(action: string, parts: SentenceParts): string {
  const definition = findAction(action);
  if (!definition) return `${parts.actor}: ${action}`;
  // Of the custom ones there may be many, with one sentence.
  const key = definition === customAction ? 'custom' : action;
  let format = compiled.get(key);
  if (!format) compiled.set(key, (format = new IntlMessageFormat(definition.sentence, 'en')));
  const names = Object.fromEntries((definition.payload.labels ?? []).map((name) => [name, GONE]));
  const { metadata = [], remarks = [] } = definition.payload;
  const optional = [...(metadata === 'any' ? [] : metadata), ...remarks];
  const known = Object.fromEntries(optional.map((name) => [name, 'none']));
  return String(
    format.format({
      ...known,
      ...(metadata === 'any' ? customNames(action) : (parts.metadata as Record<string, string>)),
      ...names,
      ...parts.labels,
      actor: parts.actor,
      target: parts.target,
      reason: parts.reason ?? 'none',
    }),
  );
}
